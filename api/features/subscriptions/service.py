"""The rules of subscriptions: an evaluation begins once, and the mirror follows what Stripe shows."""

from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.standing import Plan
from api.features.subscriptions import letters, queries
from api.features.subscriptions.letters import News
from api.features.subscriptions.seen import Seen
from api.jobs.enqueue import enqueue
from shared.models.billing_account import BillingAccount
from shared.models.billing_subscription import LIVE, BillingSubscription
from shared.models.tenant import Tenant

Outcome = Literal["followed", "ended", "second", "foreign", "not_begun"]
TELL_OPERATORS = "billing.tell_operators"
# Sales since a subscription began that were credited before we knew of it.
CATCH_UP = "billing.catch_up"


async def start_evaluation(session: AsyncSession, plan: Plan | None = None) -> None:
    """Stamps the evaluation of a workspace that was just made; a second time changes nothing.

    Nobody becomes an enterprise customer by asking: that is noted, and the operators are told.
    """
    enterprise = plan == "enterprise"
    begun = await session.scalar(
        queries.evaluation_begun(None if enterprise else plan, enterprise=enterprise).returning(
            BillingAccount.tenant_id
        )
    )
    if begun is not None and enterprise:
        await tell_operators(session, letters.enterprise(await _slug(session)))


async def locked_account(session: AsyncSession) -> BillingAccount:
    """The account, made where there is none, and held: what is decided on it happens in turn."""
    await session.execute(queries.account_made())
    return (await session.scalars(queries.account().with_for_update())).one()


async def follow(session: AsyncSession, seen: Seen) -> Outcome:
    """Brings the mirror up to what Stripe shows; in any order, any number of times."""
    account = await locked_account(session)
    if seen.customer != account.stripe_customer_id:
        return "foreign"
    known = await session.scalar(queries.subscription(seen.id))
    if known is None:
        return await _begin(session, account, seen)
    if known.ended_at is not None:
        return "ended"
    await _copy(session, known, seen)
    if seen.over:
        await _end(session, known, seen.ended_at)
    if seen.plan is not None and account.plan != "enterprise":
        account.plan = seen.plan
    await session.flush()
    return "ended" if known.ended_at is not None else "followed"


async def _begin(session: AsyncSession, account: BillingAccount, seen: Seen) -> Outcome:
    """One that is not paid yet, or is over before we heard of it, opens nothing."""
    plan = seen.plan or account.plan
    if seen.status not in LIVE or plan is None:
        return "not_begun"
    other = await session.scalar(queries.current())
    if other is not None:
        news = letters.second(await _slug(session), other.stripe_subscription_id, seen.id)
        await tell_operators(session, news)
        return "second"
    fresh = BillingSubscription(
        stripe_subscription_id=seen.id, plan=plan, status=seen.status, started_at=seen.started_at
    )
    session.add(fresh)
    await _copy(session, fresh, seen)
    if account.plan != "enterprise":
        account.plan = plan
    await session.flush()
    await enqueue(session, CATCH_UP, subscription_id=str(fresh.id))
    return "followed"


async def _copy(session: AsyncSession, known: BillingSubscription, seen: Seen) -> None:
    known.status = seen.status
    known.plan = seen.plan or known.plan
    known.current_period_start = seen.current_period_start
    known.current_period_end = seen.current_period_end
    known.cancel_at = seen.cancel_at
    known.synced_at = func.now()
    known.sync_error = None
    if seen.cancel_at is None:
        # Resumed: should it be cancelled once more, that is news again.
        known.cancellation_told = None
    elif known.cancellation_told is None and not seen.over:
        known.cancellation_told = seen.cancel_at
        await tell_operators(
            session, letters.scheduled(await _slug(session), seen.id, seen.cancel_at)
        )


async def _end(
    session: AsyncSession, known: BillingSubscription, ended_at: datetime | None
) -> None:
    moment: datetime = ended_at or (await session.scalars(select(func.now()))).one()
    known.ended_at = max(moment, known.started_at)
    await tell_operators(
        session,
        letters.canceled(await _slug(session), known.stripe_subscription_id, known.ended_at),
    )


async def gone(session: AsyncSession, stripe_id: str) -> None:
    """Stripe doesn't know it any more: as good as canceled."""
    await locked_account(session)
    known = await session.scalar(queries.subscription(stripe_id))
    if known is not None and known.ended_at is None:
        known.status, known.synced_at, known.sync_error = "canceled", func.now(), None
        await _end(session, known, None)
        await session.flush()


async def not_seen(session: AsyncSession, stripe_id: str, reason: str) -> None:
    """Stripe could not be asked: nothing is concluded from it."""
    known = await session.scalar(queries.subscription(stripe_id))
    if known is not None:
        known.sync_error = reason[:1000]
        await session.flush()


async def tell_operators(session: AsyncSession, news: News) -> None:
    """By mail, once this has been committed."""
    await enqueue(session, TELL_OPERATORS, subject=news.subject, text=news.text)


async def _slug(session: AsyncSession) -> str:
    return (await session.scalars(select(Tenant.slug))).one()
