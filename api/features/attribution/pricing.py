"""What credited clicks earn: each by its own terms, all of a campaign rounded together, once.

A line is what one rule pays for one click: its exact amount is a fraction, the click's weight times
what the rule pays for the whole event. The exact amounts of one event, campaign and currency are
added, their sum is rounded half up, and the rounded sum is divided by largest remainder, ties to the
later line. So a campaign pays what one rounding of its whole commission says, however many clicks
share it and whatever the terms of each, and every line gets its exact amount, rounded down or up.
Caps come last: they cut whole minor units, from the line that would exceed them on.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from api.features.attribution.conditions import Reason, reason_for
from api.features.attribution.history import History, Span, once_key, span_of
from api.features.attribution.models import parts
from api.features.attribution.touches import Event, Rule, Terms, Touch
from shared.money import apportion


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule pays for a click; `accrued` alone makes a commission.

    `rounded_minor` is the amount before a cap cut it.
    """

    rule: int
    exact_minor: Fraction
    rounded_minor: int
    amount_minor: int
    currency: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Credit:
    """A click's share of an event, and a line for each rule of its terms."""

    click_id: UUID
    partner_id: UUID
    campaign_id: UUID
    weight: Fraction
    weight_parts: int
    terms: Terms | None
    lines: tuple[Line, ...]

    @property
    def terms_id(self) -> UUID | None:
        return self.terms.id if self.terms else None

    @property
    def earned(self) -> tuple[Line, ...]:
        """The lines that make commissions."""
        return tuple(line for line in self.lines if line.reason == "accrued")

    @property
    def main(self) -> Line:
        """What a summary speaks of: the first line that pays, or else the first."""
        return (self.earned or self.lines)[0]

    @property
    def amount_minor(self) -> int:
        """What all lines in the currency of the main one come to."""
        return sum(line.amount_minor for line in self.lines if line.currency == self.main.currency)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A line before its amount is known."""

    touch: Touch
    weight: Fraction
    number: int
    rule: Rule | None
    currency: str
    reason: Reason

    def exact(self, event: Event) -> Fraction:
        if self.rule is None or self.reason != "accrued":
            return Fraction(0)
        return self.weight * whole_commission(event, self.rule)


def price(event: Event, chosen: Sequence[tuple[Touch, Fraction]], history: History) -> list[Credit]:
    """One credit for each chosen touch, earliest first, with weights that sum to 1."""
    claims = [claim for touch, weight in chosen for claim in _claims(event, touch, weight, history)]
    lines: defaultdict[UUID, list[Line]] = defaultdict(list)
    for claim, line in zip(claims, _priced(event, claims, history), strict=True):
        lines[claim.touch.click_id].append(line)
    weight_parts = parts([weight for _, weight in chosen])
    return [
        Credit(
            click_id=touch.click_id,
            partner_id=touch.partner_id,
            campaign_id=touch.campaign_id,
            weight=weight,
            weight_parts=weight_parts[i],
            terms=touch.terms,
            lines=tuple(lines[touch.click_id]),
        )
        for i, (touch, weight) in enumerate(chosen)
    ]


def _claims(event: Event, touch: Touch, weight: Fraction, history: History) -> list[_Claim]:
    if touch.terms is None:
        return [_Claim(touch, weight, 0, None, event.currency, "no_terms")]
    return [
        _Claim(
            touch,
            weight,
            number,
            rule,
            _currency(event, rule),
            reason_for(event, touch, rule, history),
        )
        for number, rule in enumerate(touch.terms.rules)
    ]


def _priced(event: Event, claims: Sequence[_Claim], history: History) -> list[Line]:
    exact = [claim.exact(event) for claim in claims]
    pots = [(claim.touch.campaign_id, claim.currency) for claim in claims]
    rounded = _rounded_by_pot(exact, pots)
    taken: defaultdict[Span, int] = defaultdict(int)
    lines = []
    for claim, fraction, amount in zip(claims, exact, rounded, strict=True):
        allowed = _within_caps(event, claim, amount, history, taken)
        reason = claim.reason
        if reason == "accrued" and not allowed:
            reason = "cap_reached" if amount else "zero_amount"
        lines.append(Line(claim.number, fraction, amount, allowed, claim.currency, reason))
    return lines


def _within_caps(
    event: Event, claim: _Claim, amount: int, history: History, taken: defaultdict[Span, int]
) -> int:
    """As much of the amount as every cap leaves; `taken` is what this event has taken by now."""
    if not amount:
        return 0
    spans: dict[Span, int] = {}
    for cap in claim.touch.terms.caps if claim.touch.terms else ():
        if cap.currency == claim.currency:
            span = span_of(cap, claim.touch.partner_id, claim.touch.campaign_id, event)
            spans[span] = min(cap.amount_minor, spans.get(span, cap.amount_minor))
    left = [most - history.earned.get(span, 0) - taken[span] for span, most in spans.items()]
    allowed = max(min([amount, *left]), 0)
    for span in spans:
        taken[span] += allowed
    return allowed


def whole_commission(event: Event, rule: Rule) -> Fraction:
    """What this rule pays for the event to a click that has all of the credit, in minor units."""
    if rule.kind == "fixed":
        return Fraction(rule.fixed_minor or 0)
    return max(event.value_minor or 0, 0) * Fraction(rule.percent or 0) / 100


def enter(history: History, event: Event, credited: Sequence[Credit]) -> None:
    """Tells the history of an event that was just decided."""
    for credit in credited:
        history.begin(credit.partner_id, event.type, event.ts)
        if credit.terms is None:
            continue
        for line in credit.earned:
            rule = credit.terms.rules[line.rule]
            if rule.trigger == "once":
                history.paid.add(once_key(credit.partner_id, credit.campaign_id, rule, event.type))
            spans = (
                span_of(cap, credit.partner_id, credit.campaign_id, event)
                for cap in credit.terms.caps
                if cap.currency == line.currency
            )
            history.earn(spans, line.amount_minor)


def _currency(event: Event, rule: Rule) -> str:
    return (rule.fixed_currency if rule.kind == "fixed" else None) or event.currency


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
