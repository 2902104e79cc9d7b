"""Payout step: what was done to a payout, by whom; written once."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class PayoutStep(Identified, Model):
    """`actor` is a principal, `worker`, `schedule` or `stripe`; refused decisions are steps too."""

    __tablename__ = "payout_steps"
    __table_args__ = (
        within_tenant("payout_id", to="payouts"),
        Index("ix_payout_steps_payout", "tenant_id", "payout_id", "id"),
    )

    payout_id: Mapped[UUID]
    actor: Mapped[str]
    action: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
