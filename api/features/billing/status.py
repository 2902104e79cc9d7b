"""What a brand sees of its plan: what Stripe shows now, or last showed where it can't be asked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.standing import Standing, standing_of
from api.features.billing.schemas import (
    BillingStatus,
    EnterpriseStatus,
    HostedMode,
    RevshareStatus,
    SelfhostStatus,
    SubscribedStatus,
    UnsubscribedStatus,
)
from api.features.subscriptions.for_others import current, seen
from api.features.usage.for_others import REVSHARE_PERCENT, accrued_fees
from api.outside.stripe import NotConfigured, Stripe, StripeFailure, plain
from api.settings import Settings
from shared.database import Database
from shared.models.billing_subscription import LIVE, BillingSubscription

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """What our own books say."""

    standing: Standing
    subscription: BillingSubscription | None
    accrued: dict[str, str]


async def status(
    database: Database, settings: Settings, stripe: Stripe, tenant_id: UUID
) -> BillingStatus:
    """Where the brand stands; never fails because Stripe does."""
    if settings.openpartner_mode == "selfhost":
        return SelfhostStatus(mode="selfhost", plan=None, billed=False)
    async with database.tenant_session(tenant_id, read_only=True) as session:
        known = await _known(session, settings)
    mode = mode_of(known.standing)
    if known.standing.plan == "enterprise":
        return EnterpriseStatus(
            mode=mode,
            plan="enterprise",
            enterprise=True,
            message="Your plan is billed as agreed with the operator of this platform.",
        )
    if mode == "revshare":
        return _revshare(known)
    if known.subscription is None or known.subscription.status not in LIVE:
        return _unsubscribed(known.standing)
    return await _subscribed(known, known.subscription, settings, stripe)


async def _known(session: AsyncSession, settings: Settings) -> Known:
    subscription = await session.scalar(current())
    since = subscription.current_period_start if subscription else None
    return Known(
        standing=await standing_of(session, settings.openpartner_mode),
        subscription=subscription,
        accrued=await accrued_fees(session, since),
    )


def mode_of(standing: Standing) -> HostedMode:
    """The brand's plan decides, and before it has one the installation."""
    by_plan: dict[str | None, HostedMode] = {
        "flex": "flat",
        "enterprise": "flat",
        "revshare": "revshare",
    }
    usual: HostedMode = "revshare" if standing.mode == "revshare" else "flat"
    return by_plan.get(standing.plan, usual)


def _unsubscribed(standing: Standing) -> UnsubscribedStatus:
    return UnsubscribedStatus(
        mode="flat",
        plan=standing.plan,
        subscribed=False,
        trial_ends_at=standing.trial_ends_at,
        in_trial=standing.in_trial,
        has_used_trial=standing.first_trial_activated_at is not None,
        trial_expired_without_subscription=standing.trial_expired,
    )


def _revshare(known: Known) -> RevshareStatus:
    standing, subscription = known.standing, known.subscription
    return RevshareStatus(
        mode="revshare",
        plan=standing.plan,
        fee_rate=f"{REVSHARE_PERCENT.normalize():f}%",
        accrued_platform_fees=known.accrued,
        subscribed=standing.subscribed,
        subscription_id=subscription.stripe_subscription_id if subscription else None,
        status=subscription.status if subscription else None,
        trial_ends_at=standing.trial_ends_at,
        in_trial=standing.in_trial,
        has_used_trial=standing.first_trial_activated_at is not None,
        trial_expired_without_subscription=standing.trial_expired,
    )


async def _subscribed(
    known: Known, mirror: BillingSubscription, settings: Settings, stripe: Stripe
) -> SubscribedStatus:
    shown = await _shown(stripe, mirror.stripe_subscription_id)
    now = seen(shown, settings) if shown else None
    latest = now or mirror
    return SubscribedStatus(
        mode="flat",
        plan=known.standing.plan,
        subscribed=True,
        subscription_id=mirror.stripe_subscription_id,
        status=latest.status,
        current_period_end=latest.current_period_end,
        cancel_at=latest.cancel_at,
        # Evaluations are ours: no subscription of ours begins with a free trial of Stripe's.
        trial_end=None,
        live=now is not None,
    )


async def _shown(stripe: Stripe, stripe_id: str) -> dict[str, Any] | None:
    try:
        return plain(
            await stripe.read(
                lambda v1, options: v1.subscriptions.retrieve_async(stripe_id, {}, options)
            )
        )
    except (StripeFailure, NotConfigured) as problem:
        log.warning("subscription_not_seen", reason=str(problem))
        return None
