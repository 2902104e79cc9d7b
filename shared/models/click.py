"""Click: one visit through a link; a raw fact, written by the router and never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import PINNED_TENANT, Model


class Click(Model):
    """Its id is the cref that travels with the visitor.

    Partitioned by month of `ts`, few indexes and no foreign keys: references cost 55 % of the
    insert rate, and the router only knows ids that it has read itself.
    """

    __tablename__ = "clicks"
    __table_args__ = (
        Index("ix_clicks_partner", "tenant_id", "partner_id", "ts"),
        Index("ix_clicks_campaign", "tenant_id", "campaign_id", "ts"),
        {"postgresql_partition_by": "RANGE (ts)"},
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=PINNED_TENANT)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ts: Mapped[datetime] = mapped_column(primary_key=True)
    link_id: Mapped[UUID | None]
    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    landing_url: Mapped[str]
    ip_hash: Mapped[str | None]
    user_agent: Mapped[str | None]
    referer: Mapped[str | None]
    flag: Mapped[str | None]
