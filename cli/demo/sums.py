"""Compares what the product says with what it must say, and remembers every difference."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sums:
    """`agree` as often as something is known twice."""

    compared: int = 0
    differences: list[str] = field(default_factory=list)

    def agree(self, what: str, found: Any, expected: Any) -> None:
        """Goes on after a difference: the rest of the walk may tell why."""
        self.compared += 1
        if found != expected:
            self.differences.append(f"{what} is {found}, and should be {expected}")
