"""What an attributed sale adds to a bill and what comes off it again: pure, exact, in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal
from uuid import UUID

from shared.money import decimals_of, half_up

Reason = Literal["sale", "refund", "withdrawn", "credited_again"]

SALES = ("invoice_paid", "subscription_created")
"""What counts as revenue through a partner; other events may have a value that nobody was paid."""

USD_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Sale:
    """An event as it stands now. `returned`: the part of it that went back to its customer.

    `subscription_id`: the one under which it happened, if there was any.
    """

    event_id: UUID
    type: str
    value_minor: int | None
    currency: str
    credited: bool
    returned: Fraction
    subscription_id: UUID | None

    @property
    def stands_minor(self) -> int:
        """What is left of it, of which a partner is the reason."""
        whole = self.value_minor or 0
        return whole - half_up(whole * self.returned) if self.credited else 0


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, in the sale's currency and in US cents at the sale's own rate."""

    event_id: UUID
    subscription_id: UUID
    reason: Reason
    amount_minor: int
    currency: str
    usd_rate: Decimal
    usd_minor: int


def lines_for(sale: Sale, before: Sequence[Line], rate: Decimal | None) -> list[Line] | None:
    """The lines that bring the bill to where the sale stands; none where it is there already.

    None where it would have to be billed, and `rate`, what one unit of its currency is worth in US
    dollars, isn't known. What was billed once keeps its rate and its subscription.
    """
    if before:
        return _correction(sale, before)
    whole = sale.value_minor or 0
    if sale.type not in SALES or not sale.credited or whole <= 0 or sale.subscription_id is None:
        return []
    if rate is None:
        return None
    usd = in_usd(whole, sale.currency, rate)
    first = Line(sale.event_id, sale.subscription_id, "sale", whole, sale.currency, rate, usd)
    return [first, *_correction(sale, [first])]


def _correction(sale: Sale, known: Sequence[Line]) -> list[Line]:
    """One line, or none; in dollars, too, it brings the sum of all to what is right."""
    first, amount = known[0], sale.stands_minor - sum(line.amount_minor for line in known)
    if amount == 0:
        return []
    usd = in_usd(sale.stands_minor, first.currency, first.usd_rate)
    usd -= sum(line.usd_minor for line in known)
    return [
        Line(
            event_id=first.event_id,
            subscription_id=first.subscription_id,
            reason=_reason(sale, known),
            amount_minor=amount,
            currency=first.currency,
            usd_rate=first.usd_rate,
            usd_minor=usd,
        )
    ]


def _reason(sale: Sale, known: Sequence[Line]) -> Reason:
    if not sale.credited:
        return "withdrawn"
    return "credited_again" if known[-1].reason == "withdrawn" else "refund"


def in_usd(minor: int, currency: str, rate: Decimal) -> int:
    """US cents, rounded once, half up. Of nothing nothing is left, whatever was rounded before."""
    return half_up(minor * Fraction(rate) * Fraction(10) ** (USD_DECIMALS - decimals_of(currency)))
