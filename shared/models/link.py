"""Link: the short key that a partner shares."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Link(Identified, Model):
    """Leads to its own destination, or to its campaign's when it has none."""

    __tablename__ = "links"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        within_tenant("campaign_id", to="campaigns"),
        UniqueConstraint("tenant_id", "link_key"),
        Index("ix_links_partner", "tenant_id", "partner_id"),
        Index("ix_links_campaign", "tenant_id", "campaign_id"),
    )

    link_key: Mapped[str]
    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    destination_url: Mapped[str | None] = mapped_column()
