"""Adjustment: what a partner gets or owes besides commissions, carried into the next payout."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant

GIVEN = ("bonus", "manual", "repricing", "write_off")
CARRIED = ("clawback", "hold", "release", "recredit", "returned")


class Adjustment(Identified, Model):
    """Free until a payout claims it.

    Those that people give have a ledger entry of their own; the rest carry what a correction did to
    a commission that a payout had claimed already.

    `folded_at`: the payout came to nothing, so the commission itself says it again.
    """

    __tablename__ = "adjustments"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        within_tenant("commission_id", to="commissions"),
        within_tenant("payout_id", to="payouts"),
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint("amount_minor <> 0", "amount"),
        CheckConstraint(
            "kind in ('bonus', 'manual', 'repricing', 'write_off', 'clawback', 'hold', 'release',"
            " 'recredit', 'returned')",
            "kind",
        ),
        CheckConstraint("folded_at is null or payout_id is null", "folded"),
        Index("ix_adjustments_partner", "tenant_id", "partner_id", "id"),
        Index("ix_adjustments_payout", "tenant_id", "payout_id"),
        Index("ix_adjustments_commission", "tenant_id", "commission_id"),
        Index(
            "ix_adjustments_free",
            "tenant_id",
            "partner_id",
            "currency",
            postgresql_where=text("payout_id is null and folded_at is null"),
        ),
    )

    partner_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    key: Mapped[str]
    reason: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    commission_id: Mapped[UUID | None]
    payout_id: Mapped[UUID | None]
    folded_at: Mapped[datetime | None]
