"""What was tried and what came of it, written down for whoever has to promise it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.tree import ROOT

REPORT = ROOT / "build" / "isolation.md"


@dataclass(slots=True)
class Report:
    """Requests by route and kind; `leaks` is what should be empty."""

    tried: dict[str, Counter[str]] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    tables: int = 0

    def note(self, route: str, kind: str) -> None:
        self.tried.setdefault(route, Counter())[kind] += 1

    @property
    def kinds(self) -> list[str]:
        return sorted({kind for tried in self.tried.values() for kind in tried})

    @property
    def summary(self) -> str:
        requests = sum(tried.total() for tried in self.tried.values())
        return (
            f"isolation: {len(self.tried)} routes x {len(self.kinds)} kinds of foreign reference,"
            f" {requests} requests, {self.tables} tables compared before and after:"
            f" {len(self.leaks)} leaks"
        )

    def write(self, file: Path = REPORT) -> None:
        kinds = self.kinds
        lines = [
            "# Isolation report",
            "",
            self.summary,
            "",
            *(f"- LEAK: {leak}" for leak in self.leaks),
            "",
            f"| route | {' | '.join(kinds)} |",
            f"|---|{'---|' * len(kinds)}",
            *(
                f"| {route} | {' | '.join(str(tried[kind] or '') for kind in kinds)} |"
                for route, tried in sorted(self.tried.items())
            ),
        ]
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
