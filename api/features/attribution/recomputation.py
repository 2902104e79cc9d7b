"""What an event's commissions must come to, from the event, its credits and the terms alone.

For proofs: which lines of the terms applied is taken from the decision, and so is each click's exact
weight; every amount is worked out anew.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from api.features.attribution.models import parts, weights
from api.features.attribution.pricing import whole_commission
from api.features.attribution.touches import Event, Terms
from shared.money import apportion

# The lines that are worth something; of these, some come to nothing by rounding or by a cap.
PRICED = ("accrued", "zero_amount", "cap_reached")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one rule pays for one credit; at most that, where the terms have caps."""

    amount_minor: int
    currency: str
    capped: bool
    accrued: bool


@dataclass(frozen=True, slots=True)
class _Line:
    credit: UUID
    rule: int
    exact: Fraction
    currency: str
    capped: bool
    accrued: bool


def owed(
    event: Event, touches: Sequence[Mapping[str, Any]], terms: Mapping[UUID, Terms]
) -> dict[tuple[UUID, int], Owed]:
    """By credit and rule; `touches` are the credits of the decision's explanation."""
    pots: defaultdict[tuple[str, str], list[_Line]] = defaultdict(list)
    for credit in touches:
        if credit["termsId"] is None:
            continue
        for line in _lines(event, credit, terms[UUID(credit["termsId"])]):
            pots[credit["campaignId"], line.currency].append(line)
    return {
        (line.credit, line.rule): Owed(amount, line.currency, line.capped, line.accrued)
        for lines in pots.values()
        for line, amount in zip(lines, apportion([one.exact for one in lines]), strict=True)
    }


def _lines(event: Event, credit: Mapping[str, Any], terms: Terms) -> list[_Line]:
    lines = []
    for told in credit["lines"]:
        rule = terms.rules[told["rule"]]
        priced = told["commission"] in PRICED
        exact = Fraction(credit["exactWeight"]) * whole_commission(event, rule)
        lines.append(
            _Line(
                credit=UUID(credit["attributionId"]),
                rule=told["rule"],
                exact=exact if priced else Fraction(0),
                currency=(rule.fixed_currency if rule.kind == "fixed" else None) or event.currency,
                capped=bool(terms.caps),
                accrued=told["commission"] == "accrued",
            )
        )
    return lines


def weighs_right(model: str, touches: Sequence[Mapping[str, Any]], stored: Sequence[int]) -> bool:
    """Whether the credits' weights are those of the model, exactly and as they are stored."""
    exact = [Fraction(credit["exactWeight"]) for credit in touches]
    return exact == weights(model, len(exact)) and list(stored) == parts(exact)
