"""Firing postbacks: make the firings out of news, and call until the tracker hears."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer
from api.features.postbacks.attempt import fire, load
from api.features.postbacks.service import make_firings
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, job
from api.jobs.patience import DELAYS, asked_pause, is_last
from shared.models.postback import PostbackDelivery


@job("postbacks.fan_out")
async def fan_out(context: JobContext, *, notice_ids: list[str]) -> None:
    """One firing for each postback that subscribed to it."""
    sealer = Sealer.of(context.settings)
    ids = [UUID(notice) for notice in notice_ids]
    async with context.database.tenant_session(context.tenant_id) as session:
        for delivery, postback in await make_firings(session, sealer, context.tenant_id, ids):
            await enqueue(
                session, "postbacks.fire", receiver=str(postback), delivery_id=str(delivery)
            )


async def bury(session: AsyncSession, reason: str, *, delivery_id: str) -> None:
    """A job that died of our own fault leaves a firing that says so."""
    await session.execute(
        update(PostbackDelivery)
        .where(PostbackDelivery.id == UUID(delivery_id), PostbackDelivery.status == "pending")
        .values(status="failed", error=f"internal error: {reason}")
    )


@job("postbacks.fire", delays=DELAYS, when_dead=bury)
async def fire_one(context: JobContext, *, delivery_id: str) -> None:
    """One attempt; a failed one is tried again, and the last one leaves the firing failed."""
    shot = await load(context.database, context.tenant_id, UUID(delivery_id))
    if shot is None:
        return
    last = is_last(context.attempt)
    outcome = await fire(
        context.database, context.tenant_id, context.outside.outbound, shot, last=last, job=context
    )
    if outcome.error is not None and not last:
        raise Later(outcome.error, asked_pause(context.attempt, outcome.retry_after))
