"""Whether a subscription goes on after its period: not while its workspace is about to be deleted."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.subscriptions import queries, service
from api.features.subscriptions.seen import seen
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext
from api.outside.stripe import NoSuchObject, plain
from shared.models.billing_subscription import BillingSubscription
from shared.models.tenant import Tenant

RENEWAL = "billing.change_renewal"


async def end_with_period(session: AsyncSession) -> None:
    """Has Stripe told that the brand's subscription ends with what is paid for."""
    await _ask(session, renew=False)


async def go_on_after_period(session: AsyncSession) -> None:
    """Takes that back."""
    await _ask(session, renew=True)


async def _ask(session: AsyncSession, *, renew: bool) -> None:
    current = await session.scalar(queries.current())
    if current is not None:
        await enqueue(session, RENEWAL, subscription_id=str(current.id), renew=renew)


async def set_renewal(context: JobContext, subscription_id: UUID, *, renew: bool) -> None:
    """Says it to Stripe, unless the workspace's fate was changed again meanwhile."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        known = await session.get(BillingSubscription, (context.tenant_id, subscription_id))
        pending = (await session.scalars(select(Tenant.pending_deletion_at))).one()
    if known is None or known.ended_at is not None or (pending is None) is not renew:
        return
    named, wanted = known.stripe_subscription_id, not renew
    try:
        changed = await context.outside.stripe.write(
            lambda v1, options: v1.subscriptions.update_async(
                named, {"cancel_at_period_end": wanted}, options
            ),
            key=f"renewal_{context.job_id}",
        )
    except NoSuchObject:
        return
    async with context.database.tenant_session(context.tenant_id) as session:
        await service.follow(session, seen(plain(changed), context.settings))
