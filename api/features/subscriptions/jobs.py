"""Looking at Stripe: when an event says so, and every night at all subscriptions that go on."""

from typing import Any
from uuid import UUID

import structlog

from api.features.subscriptions import queries, service
from api.features.subscriptions.events import LOOK
from api.features.subscriptions.renewal import RENEWAL, set_renewal
from api.features.subscriptions.seen import seen
from api.jobs.job import JobContext, every, job
from api.outside.mail import Letter
from api.outside.stripe import NoSuchObject, NotConfigured, StripeFailure, plain

log = structlog.get_logger()


@job(LOOK)
async def look_at_subscription(context: JobContext, stripe_subscription_id: str) -> None:
    """Idempotent: whatever Stripe shows is what is written down."""
    try:
        found = await _shown(context, stripe_subscription_id)
    except NoSuchObject:
        async with context.database.tenant_session(context.tenant_id) as session:
            await service.gone(session, stripe_subscription_id)
        return
    async with context.database.tenant_session(context.tenant_id) as session:
        await service.follow(session, seen(found, context.settings))


async def _shown(context: JobContext, stripe_id: str) -> dict[str, Any]:
    return plain(
        await context.outside.stripe.read(
            lambda v1, options: v1.subscriptions.retrieve_async(stripe_id, {}, options)
        )
    )


@every("25 4 * * *", "billing-reconcile")
async def reconcile(context: JobContext) -> None:
    """What no event told us of. A Stripe that can't be asked proves nothing, and changes nothing."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        current = await session.scalar(queries.current())
    if current is None:
        return
    named = current.stripe_subscription_id
    try:
        await look_at_subscription(context, named)
    except (StripeFailure, NotConfigured) as problem:
        log.warning("subscription_not_seen", tenant=str(context.tenant_id), reason=str(problem))
        async with context.database.tenant_session(context.tenant_id) as session:
            await service.not_seen(session, named, str(problem))


@job(service.TELL_OPERATORS)
async def tell_operators(context: JobContext, subject: str, text: str) -> None:
    """Through the installation's own mail server; where nobody is named, the log has to do."""
    to = context.settings.platform_ops_email
    log.info("told_operators", subject=subject, to=to)
    if to is not None:
        await context.outside.mailer.send(
            Letter(to=to, subject=f"[OpenPartner] {subject}", text=text, tag="operations")
        )


@job(RENEWAL)
async def change_renewal(context: JobContext, subscription_id: str, renew: bool) -> None:
    """A workspace that is about to go stops paying with its period; a restored one goes on."""
    await set_renewal(context, UUID(subscription_id), renew=renew)
