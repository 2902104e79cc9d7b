"""Attribution on the database: load a customer once, decide in memory, write what follows.

Callers hold the customer's lock, so that nothing about the customer changes in between. How many
statements it takes doesn't depend on how many clicks there are.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution import queries
from api.features.attribution.customer import Customer, stated
from api.features.attribution.earlier import load_earnings, load_history
from api.features.attribution.engine import decide
from api.features.attribution.errors import EventNotFound
from api.features.attribution.pricing import enter
from api.features.attribution.record import Record, record, touch
from api.features.attribution.schemas import AttributionOut, Explanation, Repriced
from api.features.commissions.for_others import accrue, approve_matured
from api.features.corrections.for_others import catch_up
from api.features.notices.for_others import publish
from shared.models.decision import Decision
from shared.models.event import Event
from shared.models.simulation import Repricing
from shared.money import to_major

LONGEST_WINDOW = timedelta(days=365)
BATCH = 500


async def attribute(session: AsyncSession, event: Event) -> AttributionOut:
    """Credits an event that has just been reported."""
    customer = await load_customer(session, event.user_id)
    await load_earnings(session, customer, [event.ts])
    [decided] = await _attribute(session, customer, [event])
    return decided.shown


async def attribute_backlog(session: AsyncSession, user_id: str, clicked_at: datetime) -> int:
    """Credits what a customer did after a click that is only now known to be theirs.

    Events that have credits keep them: a new click never re-pays history. Answers how many events
    got some.
    """
    customer, until = await load_customer(session, user_id), clicked_at + LONGEST_WINDOW
    await load_earnings(session, customer, [clicked_at, until])
    credited, after = 0, None
    while True:
        query = queries.backlog(user_id, clicked_at, until, after).limit(BATCH)
        events = (await session.scalars(query)).all()
        if not events:
            return credited
        held = await session.execute(queries.held([event.id for event in events]))
        repriced = {event_id for event_id, repriced_at in held if repriced_at is not None}
        open_ones = [event for event in events if event.id not in repriced]
        decided = await _attribute(session, customer, open_ones) if open_ones else []
        credited += sum(bool(written.shares) for written in decided)
        after = events[-1].ts, events[-1].id


async def load_customer(session: AsyncSession, user_id: str) -> Customer:
    """The customer's clicks, and what their terms need to know of other events."""
    customer = Customer((await session.execute(queries.touches_of(user_id))).all())
    await load_history(session, customer, user_id)
    return customer


async def _attribute(
    session: AsyncSession, customer: Customer, events: Sequence[Event]
) -> list[Record]:
    decided = [_decide(customer, event) for event in events]
    rows = {
        "decisions": [written.decision_row for written in decided],
        "credits": [row for written in decided for row in written.credit_rows],
    }
    stated = {name: json.dumps(given, default=str) for name, given in rows.items()}
    await session.execute(queries.DECIDE, stated)
    accruals = [accrual for written in decided for accrual in written.accruals]
    known_before = await accrue(session, accruals)
    if known_before:
        await catch_up(session, known_before)
    await publish(session, [item for written in decided for item in written.news])
    at_once = [one.id for one in accruals if one.auto_approve and not one.holdback_days]
    if at_once:
        await approve_matured(session, at_once)
    return decided


def _decide(customer: Customer, event: Event) -> Record:
    """What this event pays is known to the next one."""
    known = stated(event)
    decision = decide(known, customer.touches_for(event), customer.history)
    enter(customer.history, known, decision.credits)
    return record(known, event.user_id, decision)


async def attribution_of(session: AsyncSession, event_id: UUID) -> AttributionOut:
    """What is known by now about an event reported earlier."""
    rows = (await session.execute(queries.attribution_of(event_id))).all()
    status, model, _, _ = rows[0]
    return AttributionOut(
        status=status,
        model=model,
        touches=[
            touch(credit.id, credit.click_id, credit.partner_id, credit.weight_parts, paid or [])
            for _, _, credit, paid in rows
            if credit is not None
        ],
    )


async def explanation_of(session: AsyncSession, event_id: UUID) -> Explanation:
    """Why the event was credited as it was, as it was decided then."""
    query = select(Decision.explanation, Decision.decided_at).where(Decision.event_id == event_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise EventNotFound
    since = select(Repricing).where(Repricing.event_id == event_id).order_by(Repricing.id)
    repriced = [
        Repriced(
            partner_id=row.partner_id,
            campaign_id=row.campaign_id,
            amount=to_major(row.amount_minor, row.currency),
            currency=row.currency,
            reason=row.reason,
            created_at=row.created_at,
        )
        for row in await session.scalars(since)
    ]
    return Explanation.model_validate(
        {**found.explanation, "decidedAt": found.decided_at, "repriced": repriced}
    )
