"""What events would have earned by other terms, another window or model: reckoned, never written.

Events are streamed in the order in which they happened and decided in batches, so that memory grows
with partners, not with events; where rules ask for a customer's first event, also with customers.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution import touches
from api.features.attribution.customer import Customer, stated
from api.features.attribution.earlier import base_earnings, histories_before
from api.features.attribution.engine import Decision, decide
from api.features.attribution.history import History, Span
from api.features.attribution.models import MODELS
from api.features.attribution.pricing import enter
from api.features.attribution.queries import held
from api.features.attribution.repricing import (
    Before,
    Change,
    Share,
    changes_of,
    credited_before,
    shares_of,
)
from api.features.attribution.stored_terms import stated_terms
from api.features.attribution.tape import COUNTED
from api.features.attribution.what_if_queries import (
    credits_within,
    customers_touches,
    decisions_within,
    events_concerned,
)
from shared.models.event import Event
from shared.models.terms import Terms

BATCH = 500
CAMPAIGNS_OWN = "campaign"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would be otherwise in one campaign; None stays as it is.

    `terms` hold for partners at the campaign's own terms; who has a deal of their own keeps it.
    """

    campaign_id: UUID
    since: datetime
    until: datetime
    terms: Terms | None = None
    model: str | None = None
    window_days: int | None = None

    def __post_init__(self) -> None:
        if self.model is not None and self.model not in MODELS:
            raise ValueError(self.model)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event: what was credited, what it would be worth, and by how much these differ."""

    event: Event
    before: dict[Share, Before]
    decision: Decision
    changes: list[Change]


@dataclass(slots=True)
class _Batch:
    """Everything that the events of one batch are decided from."""

    events: Sequence[Event]
    customers: dict[str, Customer]
    considered: dict[UUID, tuple[str | None, Sequence[dict[str, Any]]]]
    agreed: dict[UUID, dict[tuple[UUID, UUID], Terms]]
    before: dict[UUID, dict[Share, Before]]


@dataclass(slots=True)
class Run:
    """Decides a campaign's past anew; `locking` holds the decisions about them."""

    session: AsyncSession
    what: WhatIf
    locking: bool = False
    histories: dict[str, History] = field(default_factory=dict)
    earned: dict[Span, int] = field(default_factory=dict)
    based: set[tuple[UUID, UUID]] = field(default_factory=set)
    other: touches.Terms | None = None

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Every event that the campaign has to do with, oldest first."""
        self.other = None if self.what.terms is None else stated_terms(self.what.terms)
        query = events_concerned(self.what.campaign_id, self.what.since, self.what.until)
        streamed = await self.session.stream_scalars(query.execution_options(yield_per=BATCH))
        async for events in streamed.partitions(BATCH):
            batch = await self._load(events)
            for event in events:
                yield self._outcome(batch, event)

    async def _load(self, events: Sequence[Event]) -> _Batch:
        ids, users = [event.id for event in events], sorted({event.user_id for event in events})
        if self.locking:
            await self.session.execute(held(ids))
        clicks: defaultdict[str, list[Any]] = defaultdict(list)
        for row in await self.session.execute(customers_touches(users)):
            clicks[row.user_id].append(row)
        customers = {user: Customer(clicks[user]) for user in users}
        considered = {
            row.event_id: (row.model, row.clicks or ())
            for row in await self.session.execute(decisions_within(ids))
        }
        agreed: defaultdict[UUID, dict[tuple[UUID, UUID], Terms]] = defaultdict(dict)
        for event_id, partner_id, campaign_id, terms in await self.session.execute(
            credits_within(ids)
        ):
            agreed[event_id][partner_id, campaign_id] = terms
        before = await credited_before(self.session, ids)
        await self._remember(customers)
        return _Batch(events, customers, considered, agreed, before)

    async def _remember(self, customers: dict[str, Customer]) -> None:
        """What came before the time in question, for customers and partners that are new."""
        fresh = [user for user in customers if user not in self.histories]
        asking = [user for user in fresh if self._asks(customers[user])]
        found = await histories_before(self.session, asking, self.what.since) if asking else {}
        for user in fresh:
            history = found.get(user, History())
            history.earned = self.earned
            self.histories[user] = history
        pairs = {pair for customer in customers.values() for pair in customer.capped}
        if self.other is not None and self.other.caps:
            pairs |= {
                (row.Click.partner_id, row.Click.campaign_id)
                for customer in customers.values()
                for row in customer.clicks
                if row.Click.campaign_id == self.what.campaign_id
            }
        if new := pairs - self.based:
            self.based |= new
            for span, amount in await base_earnings(self.session, list(new), self.what.since):
                self.earned[span] = self.earned.get(span, 0) + amount

    def _asks(self, customer: Customer) -> bool:
        rules = self.other.rules if self.other is not None else ()
        by_other = any(rule.needs_beginnings or rule.trigger == "once" for rule in rules)
        return by_other or customer.pays_once or customer.asks_for_beginnings

    def _outcome(self, batch: _Batch, event: Event) -> Outcome:
        history = self.histories[event.user_id]
        clicks = self._touches(batch, event)
        decision = decide(stated(event), clicks or None, history)
        enter(history, stated(event), decision.credits)
        before = batch.before.get(event.id, {})
        return Outcome(event, before, decision, changes_of(event.id, before, shares_of(decision)))

    def _touches(self, batch: _Batch, event: Event) -> list[touches.Touch]:
        """As they were found when the event was decided, but for what would be otherwise.

        A click that became known after the event was credited stays out: nobody's new click earns
        from what was credited before.
        """
        customer, agreed = batch.customers[event.user_id], batch.agreed.get(event.id, {})
        model, seen = batch.considered.get(event.id, (None, ()))
        counted = {UUID(click["clickId"]) for click in seen if click["outcome"] in COUNTED}
        known = {UUID(click["clickId"]) for click in seen} if agreed or counted else None
        last = next((one for one in reversed(seen) if one["outcome"] in COUNTED), None)
        found = []
        for row in customer.clicks:
            if known is not None and row.Click.id not in known:
                continue
            touch = customer.touch(row, event.created_at, counted)
            if last is not None and model and str(touch.campaign_id) == last["campaignId"]:
                touch = replace(touch, model=model)
            terms = agreed.get((touch.partner_id, touch.campaign_id))
            if terms is not None:
                touch = replace(touch, terms=stated_terms(terms))
            found.append(self._otherwise(touch, event, terms or row.Terms))
        return found

    def _otherwise(self, touch: touches.Touch, event: Event, held: Terms | None) -> touches.Touch:
        if touch.campaign_id != self.what.campaign_id:
            return touch
        days = self.what.window_days
        if days is not None:
            within = event.ts - touch.ts <= timedelta(days=days)
            touch = replace(touch, window_days=days, counted=touch.counted and within)
        if self.what.model is not None:
            touch = replace(touch, model=self.what.model)
        if self.other is not None and held is not None and held.source == CAMPAIGNS_OWN:
            touch = replace(touch, terms=self.other)
        return touch


async def count_concerned(session: AsyncSession, what: WhatIf) -> int:
    """How many events a simulation would decide anew."""
    events = events_concerned(what.campaign_id, what.since, what.until).order_by(None).subquery()
    return (await session.scalar(select(func.count()).select_from(events))) or 0
