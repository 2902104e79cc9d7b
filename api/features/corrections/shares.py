"""Which part of a sale went back to its customer, and which is under dispute: a pure function.

It looks at everything that was said of the payment at once, and of what was said of one refund or
dispute at the strongest; so neither order nor repetition matters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

STRONGER = ("open", "succeeded", "lost", "failed", "won")
"""Of one refund or dispute the later one in this row counts: a dispute that was lost may be won yet."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said of a payment; `part` of the sale, or None where that can't be told."""

    kind: str
    key: str
    status: str
    part: Fraction | None


class Parts(NamedTuple):
    """Of the sale's value, each from 0 to 1 and together at most 1."""

    returned: Fraction
    disputed: Fraction


def part_of(
    amount_minor: int | None,
    currency: str | None,
    total_minor: int | None,
    value_minor: int | None,
    value_currency: str,
) -> Fraction | None:
    """How much of a sale this amount is; a sale without a value goes back as a whole.

    None where the amount is in another currency than the sale, and nobody said of how much.
    """
    if amount_minor is None:
        return Fraction(1)
    if total_minor is not None:
        return Fraction(amount_minor, total_minor)
    if not value_minor or value_minor < 0:
        return Fraction(1)
    if currency is not None and currency != value_currency:
        return None
    return Fraction(amount_minor, value_minor)


def parts(said: Iterable[Said]) -> Parts:
    """Which parts of the sale all of this comes to.

    Single refunds and running totals tell of the same money, so the larger counts; what failed after
    a total was taken is in that total still.
    """
    strongest: dict[tuple[str, str], Said] = {}
    for one in said:
        known = strongest.get((one.kind, one.key))
        if known is None or STRONGER.index(one.status) > STRONGER.index(known.status):
            strongest[one.kind, one.key] = one
    sums = {
        (kind, status): _sum(one for one in strongest.values() if _is(one, kind, status))
        for kind, status in (
            ("refund", "succeeded"),
            ("refund", "failed"),
            ("dispute", "lost"),
            ("dispute", "open"),
        )
    }
    in_total = _in_total(strongest.values()) - sums["refund", "failed"]
    refunded = max(sums["refund", "succeeded"], in_total)
    returned = min(refunded + sums["dispute", "lost"], Fraction(1))
    disputed = min(sums["dispute", "open"], 1 - returned)
    return Parts(returned, disputed)


def _in_total(said: Iterable[Said]) -> Fraction:
    """The last running total of each charge; its key is the charge's and the total."""
    largest: dict[str, Fraction] = {}
    for one in said:
        if one.kind == "refund_total" and one.part is not None:
            charge = one.key.rpartition(":")[0]
            largest[charge] = max(one.part, largest.get(charge, Fraction(0)))
    return sum(largest.values(), Fraction(0))


def _is(said: Said, kind: str, status: str) -> bool:
    return said.kind == kind and said.status == status


def _sum(said: Iterable[Said]) -> Fraction:
    return sum((one.part or Fraction(0) for one in said), Fraction(0))
