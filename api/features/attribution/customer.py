"""What the engine is told about a customer, from the rows that the database has of them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from api.features.attribution import touches
from api.features.attribution.history import History
from api.features.attribution.stored_terms import stated_terms
from shared.models.event import Event


@dataclass(slots=True)
class Customer:
    """A customer's clicks with what each would earn by, and what is known of other events."""

    clicks: Sequence[Row[Any]]
    history: History = field(default_factory=History)
    terms: dict[UUID, touches.Terms] = field(init=False)

    def __post_init__(self) -> None:
        found = {row.Terms.id: row.Terms for row in self.clicks if row.Terms is not None}
        self.terms = {terms_id: stated_terms(terms) for terms_id, terms in found.items()}

    @property
    def pays_once(self) -> bool:
        """Whether it matters what was paid for this customer before."""
        return any(rule.trigger == "once" for rule in self._rules())

    @property
    def asks_for_beginnings(self) -> bool:
        """Whether it matters when a partner was first credited for a type of event."""
        return any(rule.needs_beginnings for rule in self._rules())

    def _rules(self) -> Iterator[touches.Rule]:
        for terms in self.terms.values():
            yield from terms.rules

    @property
    def capped(self) -> dict[tuple[UUID, UUID], touches.Terms]:
        """By partner and campaign: terms that have caps."""
        return {
            (row.Click.partner_id, row.Click.campaign_id): self.terms[row.Terms.id]
            for row in self.clicks
            if row.Terms is not None and row.Terms.caps
        }

    def touches_for(self, event: Event) -> list[touches.Touch] | None:
        """The clicks as they stand for this event; None where nobody has identified the customer."""
        return [self.touch(row, event.created_at) for row in self.clicks] or None

    def touch(
        self, row: Row[Any], received_at: datetime, counted: Collection[UUID] = ()
    ) -> touches.Touch:
        """One click; `counted` are those of which it is settled that they count."""
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
            terms=None if row.Terms is None else self.terms[row.Terms.id],
            counted=click.id in counted,
        )


def stated(event: Event) -> touches.Event:
    """The event as the engine knows it."""
    return touches.Event(
        id=event.id,
        type=event.type,
        ts=event.ts,
        received_at=event.created_at,
        value_minor=event.value_minor,
        currency=event.currency,
        details=event.details,
    )
