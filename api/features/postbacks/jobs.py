"""Firing postbacks: make the firings out of news, and call until the tracker hears."""

from uuid import UUID

from api.access.sealing import Sealer
from api.features.postbacks.attempt import fire, load
from api.features.postbacks.service import make_firings
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, job
from api.jobs.patience import DELAYS, asked_pause, is_last


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


@job("postbacks.fire", delays=DELAYS)
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
