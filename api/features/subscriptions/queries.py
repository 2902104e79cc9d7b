"""Statements about accounts and subscriptions; row security keeps them to the pinned tenant."""

from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from shared.models.billing_account import BillingAccount
from shared.models.billing_subscription import BillingSubscription

EVALUATION = timedelta(days=14)


def evaluation_begun(plan: str | None, *, enterprise: bool) -> Insert:
    """The clock starts once: signing up again neither prolongs nor renews it."""
    fresh = insert(BillingAccount).values(
        plan=plan,
        trial_ends_at=func.now() + EVALUATION,
        first_trial_activated_at=func.now(),
        enterprise_requested_at=func.now() if enterprise else None,
    )
    return fresh.on_conflict_do_nothing(index_elements=["tenant_id"])


def account_made() -> Insert:
    """For brands that were here before there was billing: no end is set to anything."""
    return insert(BillingAccount).values().on_conflict_do_nothing(index_elements=["tenant_id"])


def account() -> Select[BillingAccount]:
    """The pinned tenant's."""
    return select(BillingAccount)


def current() -> Select[BillingSubscription]:
    """The one that hasn't ended."""
    return select(BillingSubscription).where(BillingSubscription.ended_at.is_(None))


def subscription(stripe_id: str) -> Select[BillingSubscription]:
    return select(BillingSubscription).where(
        BillingSubscription.stripe_subscription_id == stripe_id
    )
