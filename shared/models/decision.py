"""Decision and credit: who brought an event about, and why; derived from raw facts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, Owned, within_tenant


class Decision(Owned, Model):
    """One per event: what the engine found, with a reason for every click that it looked at.

    `repriced_at`: since when adjustments say more than its credits; nobody else is credited then.
    """

    __tablename__ = "decisions"
    __table_args__ = (within_tenant("event_id", to="events"),)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    model: Mapped[str | None]
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB)
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())
    repriced_at: Mapped[datetime | None]


class Credit(Identified, Model):
    """A touch's share of an event, in parts of 10 000; the database keeps an event's sum within them.

    On the wire this is an attribution, and its id the `attributionId`.
    """

    __tablename__ = "credits"
    __table_args__ = (
        within_tenant("event_id", to="decisions", key="event_id"),
        within_tenant("partner_id", to="partners"),
        within_tenant("campaign_id", to="campaigns"),
        within_tenant("terms_id", to="terms"),
        UniqueConstraint("tenant_id", "event_id", "click_id"),
        CheckConstraint("weight_parts between 1 and 10000", "weight"),
        Index("ix_credits_partner", "tenant_id", "partner_id", "created_at"),
        Index("ix_credits_click", "tenant_id", "click_id"),
    )

    event_id: Mapped[UUID]
    click_id: Mapped[UUID]
    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    terms_id: Mapped[UUID | None]
    model: Mapped[str]
    weight_parts: Mapped[int]
