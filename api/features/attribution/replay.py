"""Deciding again after a click counts that didn't: credit what wasn't, and book the difference else.

Whoever has credits keeps them, and what was paid isn't touched: a partner who should have had more,
or less, gets an adjustment of the ledger. Nobody's new click comes in by this way.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution import queries, service
from api.features.attribution.customer import stated
from api.features.attribution.earlier import load_earnings
from api.features.attribution.history import History
from api.features.attribution.pricing import enter
from api.features.attribution.repricing import (
    Change,
    changes_of,
    credited_before,
    shares_of,
    write_repricings,
)
from api.features.attribution.tape import Entry, again, credits_of, decided, remember, within
from api.features.corrections.for_others import Adjustment, adjust, rescale
from shared.ids import new_id

LOCK_CUSTOMERS = text(
    """
    select pg_advisory_xact_lock(hashtextextended(
        'customer:' || current_setting('app.tenant_id') || ':' || user_id, 0))
    from unnest(:users) as user_id
    """
).bindparams(bindparam("users", type_=ARRAY(Text)))


async def replay(
    session: AsyncSession, user_ids: Sequence[str], click_id: UUID, clicked_at: datetime
) -> int:
    """This click of these customers counts from now on; answers how many events that changes.

    Events that nobody is credited for are credited as if they came now. Of those with credits, the
    difference becomes adjustments (`repricing`): more for whose click it is, less for who had it.
    """
    users = sorted(set(user_ids))
    await session.execute(LOCK_CUSTOMERS, {"users": users})
    source_id, changed = new_id(), 0
    for user_id in users:
        changes = await _differences(session, user_id, click_id, clicked_at)
        await _book(session, changes, source_id, click_id)
        changed += len({change.event_id for change in changes})
        changed += await service.attribute_backlog(session, user_id, clicked_at)
    return changed


async def _differences(
    session: AsyncSession, user_id: str, click_id: UUID, clicked_at: datetime
) -> list[Change]:
    entries = await _tape(session, user_id)
    until = clicked_at + service.LONGEST_WINDOW
    concerned = [entry.event.id for entry in entries if within(entry, clicked_at, until)]
    if not concerned:
        return []
    await session.execute(queries.held(concerned))
    customer = await service.load_customer(session, user_id)
    customer.history = history = History()
    moments = [entry.event.ts for entry in entries]
    await load_earnings(session, customer, moments, without=concerned)
    before = await credited_before(session, concerned)
    changes: list[Change] = []
    for entry in entries:
        if not within(entry, clicked_at, until):
            remember(history, entry)
            continue
        decision = again(entry, customer, [click_id], history)
        enter(history, stated(entry.event), decision.credits)
        changes += changes_of(entry.event.id, before.get(entry.event.id, {}), shares_of(decision))
    return changes


async def _tape(session: AsyncSession, user_id: str) -> list[Entry]:
    credited: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in await session.execute(credits_of(user_id)):
        credited[row.Credit.event_id].append(row)
    return [
        Entry(row.Event, row.model, row.clicks or (), credited[row.Event.id])
        for row in await session.execute(decided(user_id))
    ]


async def _book(
    session: AsyncSession, changes: Sequence[Change], source_id: UUID, click_id: UUID
) -> None:
    await write_repricings(session, changes, source_id, "replay")
    await adjust(
        session,
        [
            Adjustment(
                partner_id=change.share.partner_id,
                currency=change.share.currency,
                amount_minor=change.amount_minor,
                kind="repricing",
                key=f"replay:{source_id}:{change.event_id}:{':'.join(map(str, change.share))}",
                reason="A click that was held back counts after all.",
                details={"eventId": str(change.event_id), "clickId": str(click_id)},
            )
            for change in changes
        ],
    )
    await rescale(session, sorted({change.event_id for change in changes}))
