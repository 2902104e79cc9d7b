"""Payout: money on its way to a partner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Payout(Identified, Model):
    """One partner, one currency, one run; `paid` only once the money moved or an admin said so."""

    __tablename__ = "payouts"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        CheckConstraint("amount_minor > 0", "amount"),
        CheckConstraint("method in ('stripe_connect', 'manual', 'external')", "method"),
        CheckConstraint("status in ('pending', 'paid', 'failed')", "status"),
        Index("ix_payouts_partner", "tenant_id", "partner_id", "id"),
    )

    partner_id: Mapped[UUID]
    run_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    method: Mapped[str]
    stripe_transfer_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    details: Mapped[dict[str, Any]] = mapped_column(
        "metadata", JSONB, server_default=text("'{}'::jsonb")
    )
    completed_at: Mapped[datetime | None]
