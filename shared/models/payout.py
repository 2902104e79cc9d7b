"""Payout: money on its way to a partner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Payout(Identified, Model):
    """One partner, one currency, one run; `paid` only once the money moved or an admin said so.

    While one is pending, the same partner gets no other in that currency. `carried_minor` is what it
    claims beyond its amount, because it can't be sent, and gives back once it is paid. `approval` is
    `wanted` where a second person has to agree, `given` once they have.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        CheckConstraint("amount_minor > 0", "amount"),
        CheckConstraint("carried_minor >= 0", "carried"),
        CheckConstraint("method in ('stripe_connect', 'manual', 'external')", "method"),
        CheckConstraint("status in ('pending', 'paid', 'failed')", "status"),
        CheckConstraint("approval in ('none', 'wanted', 'given')", "approval"),
        Index("ix_payouts_partner", "tenant_id", "partner_id", "id"),
        Index("ix_payouts_run", "tenant_id", "run_id", "id"),
        Index("ix_payouts_completed", "tenant_id", "completed_at"),
        Index(
            "uq_payouts_open",
            "tenant_id",
            "partner_id",
            "currency",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "uq_payouts_transfer",
            "tenant_id",
            "stripe_transfer_id",
            unique=True,
            postgresql_where=text("stripe_transfer_id is not null"),
        ),
    )

    partner_id: Mapped[UUID]
    run_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    carried_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    method: Mapped[str]
    stripe_transfer_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    approval: Mapped[str] = mapped_column(server_default=text("'none'"))
    details: Mapped[dict[str, Any]] = mapped_column(
        "metadata", JSONB, server_default=text("'{}'::jsonb")
    )
    completed_at: Mapped[datetime | None]
