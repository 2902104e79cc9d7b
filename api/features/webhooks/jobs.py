"""Carrying news to endpoints: fan out, deliver, and tell the admins when nobody hears."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer
from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import addresses_of_admins, post_later
from api.features.webhooks.attempt import send
from api.features.webhooks.letters import delivery_failed, endpoint_disabled
from api.features.webhooks.packing import pack, take
from api.features.webhooks.queries import FAN_OUT, identifiers
from api.jobs.job import JobContext, Later, job
from api.jobs.patience import DELAYS
from shared.models.webhook import WebhookDelivery, WebhookEndpoint


@job("webhooks.fan_out")
async def fan_out(context: JobContext, *, notice_ids: list[str]) -> None:
    """One delivery for each endpoint that subscribed to it."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(FAN_OUT, {"notices": identifiers(notice_ids)})


async def bury(session: AsyncSession, reason: str, *, delivery_id: str) -> None:
    """A job that died of our own fault leaves a delivery that says so, and that can be replayed."""
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == UUID(delivery_id), WebhookDelivery.status == "pending")
        .values(status="failed", error=f"internal error: {reason}", next_attempt_at=None)
    )


@job("webhooks.deliver", delays=DELAYS, when_dead=bury)
async def deliver(context: JobContext, *, delivery_id: str) -> None:
    """One attempt; a failed one is tried again, and the last one leaves the delivery failed."""
    row = await context.batches.take(context.tenant_id, take, UUID(delivery_id))
    if row is None:
        return
    parcel = pack(Sealer.of(context.settings), context.tenant_id, row)
    outcome = await send(
        context.batches, context.tenant_id, context.outside.outbound, parcel, context
    )
    if not context.finished:
        raise Later(outcome.error or "failed", outcome.pause)


@job("webhooks.tell_admins")
async def tell_admins(context: JobContext, *, endpoint_id: str, disabled: bool, error: str) -> None:
    """Mails every active admin that an endpoint doesn't hear us, each in a job of their own."""
    async with context.database.tenant_session(context.tenant_id) as session:
        endpoint = await session.scalar(
            select(WebhookEndpoint).where(WebhookEndpoint.id == UUID(endpoint_id))
        )
        if endpoint is None:
            return
        look = await look_of(session, context.settings)
        reason = endpoint.disabled_reason or "it failed"
        for email in (await session.scalars(addresses_of_admins())).all():
            letter = (
                endpoint_disabled(look, email, endpoint.url, reason)
                if disabled
                else delivery_failed(look, email, endpoint.url, error)
            )
            await post_later(session, letter)
        await context.finish(session)
