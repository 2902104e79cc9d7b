"""Telling the network: read and close, call, write; again for about a day, and then in sight."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import addresses_of_admins, post_later
from api.features.network.for_others import coordinator_of, membership_of
from api.features.network_pushes.letters import not_told
from api.features.network_pushes.parcels import Parcel, pack, settle
from api.features.network_pushes.service import JOB
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, job
from api.outside.network import PUSH_SECONDS, Coordinator, NetworkDown, NetworkRefused
from shared.models.network import NetworkPush

MINUTE, HOUR = 60, 3600
# Ten attempts within a day: 30 s, 2, 10 and 30 min, 1, 2, 4, 6 and 10 h, 23.7 hours together.
DELAYS = (
    30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 10 * HOUR,
)  # fmt: skip
# A no that may be a yes later: the token may be restored, the network may be busy.
PASSING = {401, 403, 408, 425, 429}
LONGEST_ASKED = timedelta(hours=2)
NOT_CONNECTED = "not connected"


async def bury(session: AsyncSession, reason: str, *, push_id: str) -> None:
    """A push that was tried for a day waits for somebody to look, and the admins hear of the first."""
    already = await session.scalar(
        select(func.count()).select_from(NetworkPush).where(NetworkPush.status == "dead")
    )
    await session.execute(
        update(NetworkPush)
        .where(NetworkPush.id == UUID(push_id), NetworkPush.status == "pending")
        .values(status="dead", error=func.coalesce(NetworkPush.error, reason), next_attempt_at=None)
    )
    if not already:
        await enqueue(session, "network.tell_admins", push_id=push_id)


@job(JOB, delays=DELAYS, when_dead=bury)
async def push(context: JobContext, *, push_id: str) -> None:
    """One attempt."""
    loaded = await _load(context, UUID(push_id))
    if loaded is None:
        return
    coordinator, parcel = loaded
    if coordinator is None:
        # Paused, or our key is lost: either may be over tomorrow.
        await _failed(context, UUID(push_id), NOT_CONNECTED, None)
        raise Later(NOT_CONNECTED)
    try:
        answer = await coordinator.ask(
            "POST", parcel.path, parcel.body, once=parcel.once, seconds=PUSH_SECONDS
        )
    except NetworkDown as problem:
        await _failed(context, UUID(push_id), str(problem), None)
        raise Later(str(problem)) from problem
    except NetworkRefused as problem:
        await _refused(context, UUID(push_id), problem)
        return
    async with context.database.tenant_session(context.tenant_id) as session:
        await settle(session, parcel, answer)
        await context.finish(session)


async def _load(context: JobContext, push_id: UUID) -> tuple[Coordinator | None, Parcel] | None:
    """Counts the attempt; None where there is nothing to say any more."""
    async with context.database.tenant_session(context.tenant_id) as session:
        query = select(NetworkPush).where(
            NetworkPush.id == push_id, NetworkPush.status == "pending"
        )
        found = await session.scalar(query.with_for_update())
        if found is None:
            return None
        coordinator = coordinator_of(
            context.settings, context.outside.outbound, context.tenant_id,
            await membership_of(session),
        )  # fmt: skip
        found.attempts += 1
        found.last_attempt_at = func.now()
        parcel = await pack(session, found)
        if parcel is None:
            await session.delete(found)
            return None
        return coordinator, parcel


async def _refused(context: JobContext, push_id: UUID, problem: NetworkRefused) -> None:
    """Tries again where it may help; else it is dead at once."""
    reason = f"{problem}: {problem.sentence}" if problem.sentence else str(problem)
    await _failed(context, push_id, reason, problem.status)
    if problem.status in PASSING:
        after = None
        if problem.retry_after is not None and context.attempt <= len(DELAYS):
            usual = timedelta(seconds=DELAYS[context.attempt - 1])
            after = max(usual, min(timedelta(seconds=problem.retry_after), LONGEST_ASKED))
        raise Later(reason, after) from problem
    async with context.database.tenant_session(context.tenant_id) as session:
        await bury(session, reason, push_id=str(push_id))
        await context.finish(session)


async def _failed(context: JobContext, push_id: UUID, reason: str, status: int | None) -> None:
    pause = None
    if context.attempt <= len(DELAYS):
        pause = func.now() + timedelta(seconds=DELAYS[context.attempt - 1])
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(
            update(NetworkPush)
            .where(NetworkPush.id == push_id)
            .values(error=reason, http_status=status, next_attempt_at=pause)
        )


@job("network.tell_admins")
async def tell_admins(context: JobContext, *, push_id: str) -> None:
    """Mails every active admin that the network doesn't hear us."""
    async with context.database.tenant_session(context.tenant_id) as session:
        found = await session.scalar(select(NetworkPush).where(NetworkPush.id == UUID(push_id)))
        if found is None or found.status != "dead":
            return
        look = await look_of(session, context.settings)
        for email in (await session.scalars(addresses_of_admins())).all():
            await post_later(session, not_told(look, email, found.error or "it failed"))
        await context.finish(session)
