"""Identifications of clicks that are still on their way, from a router's journal to PostgreSQL."""

from datetime import timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Interval, Select, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.conversions.schemas import CLOCK_TOLERANCE, Identify
from shared.clock import now
from shared.models.job import Job
from shared.visitor import clicked_at, parse_cref

NAME = "conversions.identify_later"
FIRST_LOOK = timedelta(seconds=5)
# Anybody can make up a click of this moment. So none is waited for longer than a router may be cut off
# from its database without somebody's seeing to it, and for one more day.
LONGEST_WAY = timedelta(hours=24)
# In each lane of a tenant, so that whoever makes clicks up fills neither the queue nor the servers' lane.
MOST = 10_000


async def wait(session: AsyncSession, wanted: Identify, *, trusted: bool) -> bool:
    """Keeps it until its click arrives, once; False where that can't be, or too many wait.

    Nothing here looks beyond the tenant, so others' clicks are waited for like those made up.
    """
    click_id = parse_cref(wanted.cref)
    if click_id is None or not _may_come(click_id):
        return False
    # Who says it makes a difference; how it is written doesn't.
    job_id = uuid5(NAMESPACE_OID, f"{NAME}:{trusted}:{click_id}:{wanted.user_id}")
    await session.execute(_written(job_id, wanted, trusted=trusted))
    return await session.scalar(_open().where(Job.id == job_id)) is not None


def _may_come(click_id: UUID) -> bool:
    age = now() - clicked_at(click_id)
    return -CLOCK_TOLERANCE <= age <= LONGEST_WAY


def _open() -> Select[UUID]:
    return select(Job.id).where(Job.done_at.is_(None), Job.dead_at.is_(None))


def _written(job_id: UUID, wanted: Identify, *, trusted: bool) -> Insert:
    lane = f"{NAME}:{'servers' if trusted else 'browsers'}"
    full = _open().where(func.coalesce(Job.receiver, Job.name) == lane).offset(MOST - 1).limit(1)
    arguments = {"cref": wanted.cref, "user_id": wanted.user_id, "trusted": trusted}
    row = select(
        literal(job_id),
        literal(NAME),
        literal(lane),
        literal(arguments, JSONB),
        func.now() + literal(FIRST_LOOK, Interval),
    ).where(~full.exists())
    fresh = insert(Job).from_select(
        ["id", "name", "receiver", "arguments", "run_at"], row, include_defaults=False
    )
    return fresh.on_conflict_do_nothing(index_elements=["tenant_id", "id"])
