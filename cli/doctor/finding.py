"""One thing that was looked at, how it was found, and what to do about it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """Public strings: `--json` shows them."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` is a sentence without secrets; `fix` is there whenever something is to be done."""

    area: str
    level: Level
    says: str
    fix: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_lines(self) -> str:
        """For the terminal."""
        line = f"{self.level:<5} {self.area:<12} {self.says}"
        return f"{line}\n{'':>19}→ {self.fix}" if self.fix else line


def ok(area: str, says: str) -> Finding:
    return Finding(area, Level.OK, says)


def warn(area: str, says: str, fix: str) -> Finding:
    return Finding(area, Level.WARN, says, fix)


def fail(area: str, says: str, fix: str) -> Finding:
    return Finding(area, Level.FAIL, says, fix)
