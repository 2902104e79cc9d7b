"""What the engine is told about a customer, from the rows that the database has of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from api.features.attribution import touches
from api.features.attribution.pricing import PaidOnce
from shared.models.event import Event
from shared.models.terms import Terms


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's clicks, and what won't be paid for them a second time."""

    clicks: Sequence[Row[Any]]
    paid: set[PaidOnce]

    def touches_for(self, event: Event) -> list[touches.Touch] | None:
        """The clicks as they stand for this event; None where nobody has identified the customer."""
        return [_touch(row, event.created_at) for row in self.clicks] or None


def stated(event: Event) -> touches.Event:
    """The event as the engine knows it."""
    return touches.Event(
        id=event.id,
        type=event.type,
        ts=event.ts,
        received_at=event.created_at,
        value_minor=event.value_minor,
        currency=event.currency,
    )


def _touch(row: Row[Any], received_at: datetime) -> touches.Touch:
    click, campaign = row.Click, row.Campaign
    was_revoked = any(span.contains(received_at) for span in row.shut_out or ())
    return touches.Touch(
        click_id=click.id,
        ts=click.ts,
        partner_id=click.partner_id,
        campaign_id=click.campaign_id,
        flag=row.flag,
        window_days=campaign.attribution_window_days,
        model=campaign.attribution_model,
        campaign_starts_at=campaign.starts_at,
        campaign_ends_at=campaign.ends_at,
        partner_revoked=was_revoked or row.revoked_at is not None,
        terms=None if row.Terms is None else _terms(row.Terms),
    )


def _terms(terms: Terms) -> touches.Terms:
    return touches.Terms(
        id=terms.id,
        kind=terms.kind,  # type: ignore[arg-type]  # a check of the table allows only these two
        percent=terms.percent,
        fixed_minor=terms.fixed_minor,
        fixed_currency=terms.fixed_currency,
        event_types=tuple(terms.event_types),
        recurring=terms.recurring,
        holdback_days=terms.holdback_days,
    )
