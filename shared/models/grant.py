"""Grant: a partner may promote a campaign, at the terms of that day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Grant(Identified, Model):
    """An ended grant makes no new links; links made before go on earning at its terms."""

    __tablename__ = "grants"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        within_tenant("campaign_id", to="campaigns"),
        within_tenant("terms_id", to="terms"),
        UniqueConstraint("tenant_id", "partner_id", "campaign_id"),
        CheckConstraint("source in ('admin', 'offering')", "source"),
        Index("ix_grants_campaign", "tenant_id", "campaign_id"),
    )

    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    terms_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(server_default=text("'admin'"))
    ended_at: Mapped[datetime | None]
