"""Carrying news to endpoints: fan out, deliver, and tell the admins when nobody hears."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer
from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import addresses_of_admins, post_later
from api.features.webhooks.attempt import Outcome, send
from api.features.webhooks.letters import delivery_failed, endpoint_disabled
from api.features.webhooks.packing import pack, take
from api.features.webhooks.queries import FAN_OUT, identifiers
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, job
from api.jobs.patience import DELAYS, asked_pause, is_last, usual_pause
from shared.clock import now
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
    last = is_last(context.attempt)
    outcome = await send(
        context.batches,
        context.tenant_id,
        context.outside.outbound,
        parcel,
        last=last,
        job=context,
    )
    if outcome.delivered:
        return
    if outcome.disabled or outcome.lasting or last:
        await _ask_to_tell(context, parcel.endpoint_id, outcome)
    if last:
        return
    pause = asked_pause(context.attempt, outcome.retry_after)
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id == parcel.delivery_id)
            .values(next_attempt_at=now() + (pause or usual_pause(context.attempt)))
        )
    raise Later(outcome.error or "failed", pause)


async def _ask_to_tell(context: JobContext, endpoint_id: UUID, outcome: Outcome) -> None:
    """Once for each spell of failures, and once more when the endpoint is switched off."""
    async with context.database.tenant_session(context.tenant_id) as session:
        first = await session.scalar(
            update(WebhookEndpoint)
            .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.told_at.is_(None))
            .values(told_at=func.now())
            .returning(WebhookEndpoint.id)
        )
        if first is not None or outcome.disabled:
            await enqueue(
                session, "webhooks.tell_admins", endpoint_id=str(endpoint_id),
                disabled=outcome.disabled, error=outcome.error or "",
            )  # fmt: skip


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
