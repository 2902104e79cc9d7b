"""What a customer's other events have paid and begun, and what partners have earned meanwhile.

Pure bookkeeping: whoever decides several events in a row enters each, so that the next one knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from api.features.attribution.touches import Cap, Event, Rule


class PaidOnce(NamedTuple):
    """What a rule that pays once has paid a partner for a customer, and won't pay again.

    A percentage is paid once in a campaign (`event_type` is None), a fixed amount once for each
    type of event.
    """

    partner_id: UUID
    campaign_id: UUID
    event_type: str | None


class Begun(NamedTuple):
    """A type of event that a partner was credited for."""

    partner_id: UUID
    event_type: str


class Span(NamedTuple):
    """What a cap counts: a partner's earnings from a campaign in a currency, within a period.

    `period` is a day ("2026-05-20"), a month ("2026-05"), or empty for the campaign as a whole.
    """

    partner_id: UUID
    campaign_id: UUID
    currency: str
    period: str


@dataclass(slots=True)
class History:
    """All but the event that is being decided, so that deciding again gives the same answer."""

    paid: set[PaidOnce] = field(default_factory=set)
    begun: dict[Begun, datetime] = field(default_factory=dict)
    earned: dict[Span, int] = field(default_factory=dict)

    def begin(self, partner_id: UUID, event_type: str, ts: datetime) -> None:
        """The partner was credited for an event of this type."""
        key = Begun(partner_id, event_type)
        self.begun[key] = min(ts, self.begun.get(key, ts))

    def earn(self, spans: Iterable[Span], amount_minor: int) -> None:
        """The partner earned so much in each of these spans."""
        for span in set(spans):
            self.earned[span] = self.earned.get(span, 0) + amount_minor


def once_key(partner_id: UUID, campaign_id: UUID, rule: Rule, event_type: str) -> PaidOnce:
    """The key under which a payment by this rule is found in `paid`."""
    return PaidOnce(partner_id, campaign_id, event_type if rule.kind == "fixed" else None)


def span_of(cap: Cap, partner_id: UUID, campaign_id: UUID, event: Event) -> Span:
    """The span of this cap in which the event lies."""
    return Span(partner_id, campaign_id, cap.currency, period_of(cap.period, event.ts))


def period_of(period: str, ts: datetime) -> str:
    """The name of the day or month of this moment, in UTC."""
    return ts.astimezone(UTC).strftime({"day": "%Y-%m-%d", "month": "%Y-%m"}.get(period, ""))
