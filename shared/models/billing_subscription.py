"""BillingSubscription: a brand's subscription to us as Stripe last showed it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model

# Stripe's words for a subscription under which a brand may go on: late payment is not the end.
LIVE = ("active", "trialing", "past_due")


class BillingSubscription(Identified, Model):
    """A mirror, never edited by hand; past ones stay, because they say which sales are billed.

    `cancel_at` is when it will end, if that is known; `cancellation_told` is the one that the
    operators were told of.
    """

    __tablename__ = "billing_subscriptions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "stripe_subscription_id"),
        CheckConstraint("plan in ('flex', 'revshare', 'enterprise')", "plan"),
        CheckConstraint("ended_at >= started_at", "ends_after_it_starts"),
        Index(
            "uq_billing_subscriptions_one_at_a_time",
            "tenant_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    stripe_subscription_id: Mapped[str]
    plan: Mapped[str]
    status: Mapped[str]
    started_at: Mapped[datetime]
    current_period_start: Mapped[datetime | None]
    current_period_end: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    cancellation_told: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    synced_at: Mapped[datetime]
    sync_error: Mapped[str | None]
