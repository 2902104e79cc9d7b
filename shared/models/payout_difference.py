"""Payout difference: where our payouts and Stripe's transfers don't tell the same story."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model

KINDS = ("ours_not_theirs", "theirs_not_ours", "amount_differs", "state_differs")


class PayoutDifference(Identified, Model):
    """One for each kind and subject (a payout's id, or a transfer's); gone when `resolved_at` is set."""

    __tablename__ = "payout_differences"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "subject"),
        CheckConstraint(f"kind in {KINDS}", "kind"),
    )

    kind: Mapped[str]
    subject: Mapped[str]
    payout_id: Mapped[UUID | None]
    transfer_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    resolved_at: Mapped[datetime | None]
