"""Understands Stripe's events, names customers at Stripe, and looks again at what had to wait."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.stripe_events import queries, service
from api.features.stripe_events.books import Books
from api.features.stripe_events.facts import Outcome
from api.features.stripe_events.handling import apply, handling_of
from api.features.stripe_events.heard import Heard, heard, metadata_of
from api.features.stripe_events.looking import Look
from api.features.stripe_events.names import references_of, user_of
from api.features.stripe_events.sign_ups import BACKFILL, backfilled
from api.features.stripe_events.tenants import Unresolved
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, every, job
from api.metrics import STRIPE_EVENTS
from api.outside.stripe import Ambiguous, Declined
from shared.clock import now
from shared.models.stripe_event import StripeEvent
from shared.money import MoneyError

log = structlog.get_logger()

PATIENCE = timedelta(days=30)
KEPT = timedelta(days=90)
BATCH = 200
WAITING = {
    "payment_not_known": "The payment that this is about is not known yet.",
    "click_not_found": "The click that this Checkout names has not been recorded yet.",
}


async def _given_up(session: AsyncSession, reason: str, *, event_id: str) -> None:
    await session.execute(
        queries.settled(UUID(event_id), status="failed", outcome="error", reason=reason[:1000])
    )


@job(service.PROCESS, when_dead=_given_up)
async def process(context: JobContext, event_id: str) -> None:
    """Looks with no transaction open, then writes all that follows and the outcome in one."""
    async with context.database.tenant_session(context.tenant_id) as session:
        row = await session.scalar(queries.events().where(StripeEvent.id == UUID(event_id)))
    if row is None or row.status != "received":
        return
    said = heard(row.payload)
    handling = handling_of(said)
    if handling is None:
        await _settle(context, row, Outcome("type_not_handled", ignored=True))
        return
    try:
        seen = await handling.look(Look(context.outside.stripe), said)
        async with context.database.tenant_session(context.tenant_id) as session:
            await session.execute(queries.ONE_AT_A_TIME)
            outcome = await apply(Books(session, context.settings), handling, said, seen)
            await _write(session, row, outcome)
            if outcome.event_id is not None:
                await _wake(session, said)
            await context.finish(session)
    except Ambiguous as silence:
        await _stuck(context, row, str(silence))
        raise Later(str(silence)) from silence
    except (Declined, MoneyError) as refusal:
        await _stuck(context, row, str(refusal), status="failed", outcome="refused")
        return
    STRIPE_EVENTS.labels(outcome.code).inc()


async def _settle(context: JobContext, row: StripeEvent, outcome: Outcome) -> None:
    async with context.database.tenant_session(context.tenant_id) as session:
        await _write(session, row, outcome)


async def _stuck(context: JobContext, row: StripeEvent, reason: str, **values: str) -> None:
    """Says on the page why it hasn't come to an end."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(queries.settled(row.id, reason=reason[:1000], **values))


async def _write(session: AsyncSession, row: StripeEvent, outcome: Outcome) -> None:
    status = "received" if outcome.waits else "ignored" if outcome.ignored else "processed"
    await session.execute(
        queries.settled(
            row.id,
            status=status,
            outcome=outcome.code,
            reason=WAITING.get(outcome.code) if outcome.waits else None,
            event_id=outcome.event_id,
            processed_at=None if outcome.waits else now(),
        )
    )


async def _wake(session: AsyncSession, said: Heard) -> None:
    """A payment has become known: refunds of it may be waiting for just that."""
    waiting = queries.waiting(["payment_not_known"]).where(queries.about(references_of(said)))
    for row in (await session.scalars(waiting)).all():
        await session.execute(queries.settled(row.id, outcome="looked_at_again"))
        await enqueue(session, service.PROCESS, event_id=str(row.id))


@job(BACKFILL)
async def name_customer(context: JobContext, customer: str, user_id: str) -> None:
    """Writes on the customer at Stripe what we call them, unless the merchant has; best effort."""
    stripe = context.outside.stripe
    look = Look(stripe)
    try:
        shown = await look.customer(customer)
        if shown is None or user_of(metadata_of(shown)) is not None:
            return
        metadata = backfilled(user_id, str(context.tenant_id))
        await stripe.write(
            lambda v1, options: v1.customers.update_async(
                customer, {"metadata": metadata}, options
            ),
            key=f"name_customer:{context.tenant_id}:{customer}:{user_id}"[:255],
        )
    except Ambiguous as silence:
        raise Later(str(silence)) from silence
    except Declined as refusal:
        # A restricted key that may not write customers: all else works without.
        log.warning("customer_not_named", customer=customer, reason=str(refusal))


@every("*/5 * * * *", "stripe-events-unclaimed", per_tenant=False)
async def claim(context: JobContext) -> None:
    """Asks again whose the events are that nobody knew; what nobody ever claims goes after a while."""
    after = ""
    while True:
        async with context.database.unpinned_session() as session:
            rows = (await session.scalars(queries.unclaimed(after, BATCH))).all()
        for row in rows:
            said = heard(row.payload)
            try:
                tenant_id = await service.whose(context.database, context.settings, said)
            except Unresolved:
                continue
            async with context.database.tenant_session(tenant_id) as session:
                await service.keep(session, said)
            async with context.database.unpinned_session() as session:
                await session.execute(queries.claimed(row.stripe_id))
        if not rows:
            break
        after = rows[-1].stripe_id
    async with context.database.unpinned_session() as session:
        gone = await session.scalars(queries.never_claimed(PATIENCE))
        for kind in gone:
            log.error("stripe_event_never_claimed", type=kind)
            STRIPE_EVENTS.labels("never_claimed").inc()


@every("20 * * * *", "stripe-events-waiting")
async def look_again(context: JobContext) -> None:
    """What waits is looked at every hour, for a month; then it is stuck, and says so.

    Where more waits than is looked at, chance decides, so that nothing is passed over for ever.
    """
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(queries.out_of_patience(PATIENCE))
        rows = await session.scalars(queries.waiting(WAITING).order_by(func.random()).limit(BATCH))
        for row in rows.all():
            await enqueue(session, service.PROCESS, event_id=str(row.id))


@every("10 4 * * *", "stripe-events-cleanup")
async def forget(context: JobContext) -> None:
    """What was understood is among the customers' events; what Stripe sent is kept for 90 days."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(queries.forgotten(KEPT))
