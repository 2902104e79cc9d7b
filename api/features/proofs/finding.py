"""What a proof finds wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` names what failed, `subject` what it failed for, such as `entry payout:<id>`."""

    check: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence} [{self.check}]"
