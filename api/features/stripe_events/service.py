"""The inbox: an event is kept first and answered at once; what is made of it is a job's business."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.stripe_events import queries
from api.features.stripe_events.errors import StripeEventNotFound
from api.features.stripe_events.heard import Heard
from api.features.stripe_events.schemas import Taken
from api.features.stripe_events.tenants import Unresolved, tenant_of
from api.jobs.enqueue import enqueue
from api.metrics import STRIPE_EVENTS
from api.settings import Settings
from shared.database import Database
from shared.models.stripe_event import StripeEvent
from shared.models.tenant import DEFAULT_TENANT_ID

PROCESS = "stripe_events.process"


async def take(database: Database, settings: Settings, heard: Heard) -> Taken:
    """Finds out whose an event is, and keeps it there; or where nobody's are kept."""
    try:
        tenant_id = await whose(database, settings, heard)
    except Unresolved as unresolved:
        STRIPE_EVENTS.labels(unresolved.reason).inc()
        async with database.unpinned_session() as session:
            await session.execute(
                queries.kept_unclaimed(heard.id, heard.type, heard.payload, unresolved.reason)
            )
        return skipped(unresolved.reason)
    async with database.tenant_session(tenant_id) as session:
        event_id, fresh = await keep(session, heard)
    STRIPE_EVENTS.labels("received" if fresh else "received_again").inc()
    return Taken(ok=True, skipped=False, reason=None, idempotent=not fresh, event_id=event_id)


def skipped(reason: str) -> Taken:
    """Stripe has done its part, and shall not send it again."""
    return Taken.model_validate(
        {"ok": True, "skipped": True, "reason": reason, "idempotent": False, "eventId": None}
    )


async def whose(database: Database, settings: Settings, heard: Heard) -> UUID:
    """The tenant of an event. Raises Unresolved."""
    if not settings.is_multi:
        return DEFAULT_TENANT_ID
    async with database.unpinned_session() as session:
        return await tenant_of(session, heard)


async def keep(session: AsyncSession, heard: Heard) -> tuple[UUID, bool]:
    """The event's id with us, and whether it is new; a new one waits for a worker."""
    fresh = await session.scalar(
        queries.kept(
            {
                "stripe_id": heard.id,
                "type": heard.type,
                "object_id": heard.object_id,
                "account": heard.account,
                "api_version": heard.api_version,
                "happened_at": heard.happened_at,
                "payload": dict(heard.payload),
            }
        ).returning(StripeEvent.id)
    )
    if fresh is None:
        return (await session.execute(queries.by_stripe_id(heard.id))).scalar_one(), False
    await enqueue(session, PROCESS, event_id=str(fresh))
    return fresh, True


async def find(session: AsyncSession, event_id: UUID) -> StripeEvent:
    """Raises StripeEventNotFound."""
    found = await session.scalar(queries.events().where(StripeEvent.id == event_id))
    if found is None:
        raise StripeEventNotFound
    return found


async def replay(session: AsyncSession, event_id: UUID) -> StripeEvent:
    """Has an event understood again, whatever came of it before; what it did already isn't done twice."""
    await find(session, event_id)
    await _replay(session, [event_id])
    return await find(session, event_id)


async def replay_failed(session: AsyncSession) -> int:
    """Has everything that is stuck understood again; how many."""
    failed = await session.scalars(
        queries.events(status="failed").with_only_columns(StripeEvent.id)
    )
    return await _replay(session, list(failed))


async def _replay(session: AsyncSession, event_ids: list[UUID]) -> int:
    waiting = await session.scalars(
        queries.replayed(StripeEvent.id.in_(event_ids)),
        execution_options={"synchronize_session": "fetch"},
    )
    replayed = list(waiting)
    for event_id in replayed:
        await enqueue(session, PROCESS, event_id=str(event_id))
    return len(replayed)
