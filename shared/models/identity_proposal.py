"""Identity proposal: what a browser says of a click whose campaign believes servers only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model


class IdentityProposal(Identified, Model):
    """It credits nobody; a server's call that says the same makes it an identity."""

    __tablename__ = "identity_proposals"
    __table_args__ = (
        UniqueConstraint("tenant_id", "click_id", "user_id"),
        Index("ix_identity_proposals_user", "tenant_id", "user_id"),
    )

    click_id: Mapped[UUID]
    click_ts: Mapped[datetime]
    user_id: Mapped[str]
    confirmed_at: Mapped[datetime | None]
