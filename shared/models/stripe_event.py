"""StripeEvent: what Stripe told us, kept before anything is made of it; and what came of that."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model

STATUSES = ("received", "processed", "ignored", "failed")


class StripeEvent(Identified, Model):
    """received → processed, ignored or failed; a failed one can be played again.

    `outcome` is a code that says what was made of it, `reason` the sentence why it is stuck, and
    `event_id` the event of a customer that it became.
    """

    __tablename__ = "stripe_events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "stripe_id"),
        CheckConstraint(f"status in {STATUSES}", "status"),
        Index("ix_stripe_events_status", "tenant_id", "status", "id"),
        Index("ix_stripe_events_object", "tenant_id", "object_id"),
    )

    stripe_id: Mapped[str]
    type: Mapped[str]
    object_id: Mapped[str | None]
    account: Mapped[str | None]
    api_version: Mapped[str | None]
    happened_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(server_default=text("'received'"))
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    event_id: Mapped[UUID | None]
    processed_at: Mapped[datetime | None]


class UnclaimedStripeEvent(Model):
    """One whose workspace isn't known yet. Belongs to nobody: only sessions without a tenant see it."""

    __tablename__ = "unclaimed_stripe_events"

    stripe_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
