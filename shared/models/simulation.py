"""Simulation and repricing: what other terms would have paid, and what was booked because of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Simulation(Identified, Model):
    """`parameters` are what was asked, `result` what was answered; applied at most once."""

    __tablename__ = "simulations"
    __table_args__ = (
        within_tenant("campaign_id", to="campaigns"),
        Index("ix_simulations_campaign", "tenant_id", "campaign_id", "id"),
    )

    campaign_id: Mapped[UUID]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    since: Mapped[datetime]
    until: Mapped[datetime]
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    applied_at: Mapped[datetime | None]


class Repricing(Identified, Model):
    """An event's credit was reckoned anew: by how much a partner's share of it changed.

    Append-only, like what it corrects. `source_id` names the occasion: a simulation, or a click that
    counts after all; one occasion changes an event once. What is refunded later is a `correction`.
    """

    __tablename__ = "repricings"
    __table_args__ = (
        within_tenant("event_id", to="events"),
        within_tenant("partner_id", to="partners"),
        within_tenant("campaign_id", to="campaigns"),
        UniqueConstraint(
            "tenant_id", "event_id", "source_id", "partner_id", "campaign_id", "currency",
            name="uq_repricings_once",
        ),
        CheckConstraint("reason in ('replay', 'simulation', 'correction')", "reason"),
        Index("ix_repricings_source", "tenant_id", "source_id"),
    )  # fmt: skip

    event_id: Mapped[UUID]
    source_id: Mapped[UUID]
    reason: Mapped[str]
    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
