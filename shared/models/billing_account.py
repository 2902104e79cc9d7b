"""BillingAccount: what a hosted brand agreed to pay, until when it evaluates, and who it is to Stripe."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Model, Owned


class BillingAccount(Owned, Model):
    """At most one for a tenant; without one, or without `trial_ends_at`, nothing is ever gated.

    `customer_key` is frozen before Stripe is asked for a customer, so that asking again makes no
    second one; `checkout_session_id` is the last Checkout that was opened.
    """

    __tablename__ = "billing_accounts"
    __table_args__ = (
        CheckConstraint("plan in ('flex', 'revshare', 'enterprise')", "plan"),
        Index(
            "ix_billing_accounts_customer",
            "stripe_customer_id",
            postgresql_where=text("stripe_customer_id is not null"),
        ),
    )

    plan: Mapped[str | None]
    trial_ends_at: Mapped[datetime | None]
    first_trial_activated_at: Mapped[datetime | None]
    enterprise_requested_at: Mapped[datetime | None]
    stripe_customer_id: Mapped[str | None]
    customer_key: Mapped[UUID | None]
    customer_asked_at: Mapped[datetime | None]
    checkout_session_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
