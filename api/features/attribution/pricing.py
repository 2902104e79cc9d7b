"""What credited clicks earn: each by its own terms, all of a campaign rounded together, once.

A click's exact commission is a fraction: its weight times what its terms pay for the whole event.
The exact commissions of one event, campaign and currency are added, their sum is rounded half up,
and the rounded sum is divided by largest remainder, ties to the later click. So a campaign pays
what one rounding of its whole commission says, however many clicks share it and whatever the terms
of each, and every click gets its exact amount, rounded down or up.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple
from uuid import UUID

from api.features.attribution.models import parts
from api.features.attribution.touches import Event, Terms, Touch
from shared.money import apportion

Reason = Literal[
    "accrued",
    "zero_amount",
    "no_terms",
    "campaign_not_started",
    "campaign_ended",
    "event_type_not_paid",
    "paid_once_already",
]


class PaidOnce(NamedTuple):
    """What terms without `recurring` have paid a partner for a customer, and won't pay again.

    A percentage is paid once in a campaign (`event_type` is None), a fixed amount once for each
    type of event.
    """

    partner_id: UUID
    campaign_id: UUID
    event_type: str | None


@dataclass(frozen=True, slots=True)
class Credit:
    """A click's share of an event, and what it earned; `accrued` alone makes a commission."""

    click_id: UUID
    partner_id: UUID
    campaign_id: UUID
    weight: Fraction
    weight_parts: int
    terms: Terms | None
    exact_minor: Fraction
    amount_minor: int
    currency: str
    commission_reason: Reason

    @property
    def terms_id(self) -> UUID | None:
        return self.terms.id if self.terms else None


def price(
    event: Event, chosen: Sequence[tuple[Touch, Fraction]], already_paid: AbstractSet[PaidOnce]
) -> list[Credit]:
    """One credit for each chosen touch, earliest first, with weights that sum to 1."""
    reasons = [_reason(event, touch, already_paid) for touch, _ in chosen]
    exact = [
        weight * whole_commission(event, touch.terms)
        if touch.terms and reason == "accrued"
        else Fraction(0)
        for (touch, weight), reason in zip(chosen, reasons, strict=True)
    ]
    pots = [(touch.campaign_id, _currency(event, touch.terms)) for touch, _ in chosen]
    amounts = _rounded_by_pot(exact, pots)
    weight_parts = parts([weight for _, weight in chosen])
    return [
        Credit(
            click_id=touch.click_id,
            partner_id=touch.partner_id,
            campaign_id=touch.campaign_id,
            weight=weight,
            weight_parts=weight_parts[i],
            terms=touch.terms,
            exact_minor=exact[i],
            amount_minor=amounts[i],
            currency=pots[i][1],
            commission_reason=_settled(reasons[i], amounts[i]),
        )
        for i, (touch, weight) in enumerate(chosen)
    ]


def once_key(touch: Touch, terms: Terms, event_type: str) -> PaidOnce:
    """The key under which a commission of these terms is found in `already_paid`."""
    each = event_type if terms.kind == "fixed" else None
    return PaidOnce(touch.partner_id, touch.campaign_id, each)


def _reason(event: Event, touch: Touch, already_paid: AbstractSet[PaidOnce]) -> Reason:
    terms = touch.terms
    if terms is None:
        return "no_terms"
    if touch.campaign_starts_at and event.ts < touch.campaign_starts_at:
        return "campaign_not_started"
    if touch.campaign_ends_at and event.ts >= touch.campaign_ends_at:
        return "campaign_ended"
    # A fixed amount would otherwise be paid for a sign-up, a subscription and every invoice.
    if event.type not in terms.event_types and (terms.event_types or terms.kind == "fixed"):
        return "event_type_not_paid"
    if not terms.recurring and once_key(touch, terms, event.type) in already_paid:
        return "paid_once_already"
    return "accrued"


def _settled(reason: Reason, amount: int) -> Reason:
    return "zero_amount" if reason == "accrued" and not amount else reason


def whole_commission(event: Event, terms: Terms) -> Fraction:
    """What these terms pay for the event to a click that has all of the credit, in minor units."""
    if terms.kind == "fixed":
        return Fraction(terms.fixed_minor or 0)
    return max(event.value_minor or 0, 0) * Fraction(terms.percent or 0) / 100


def _currency(event: Event, terms: Terms | None) -> str:
    fixed_in = terms.fixed_currency if terms and terms.kind == "fixed" else None
    return fixed_in or event.currency


def _rounded_by_pot(exact: Sequence[Fraction], pots: Sequence[tuple[UUID, str]]) -> list[int]:
    members: defaultdict[tuple[UUID, str], list[int]] = defaultdict(list)
    for i, pot in enumerate(pots):
        members[pot].append(i)
    amounts = [0] * len(exact)
    for indexes in members.values():
        rounded = apportion([exact[i] for i in indexes])
        for i, amount in zip(indexes, rounded, strict=True):
            amounts[i] = amount
    return amounts
