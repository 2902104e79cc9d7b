"""Identity: the merchant says which customer a click became; a raw fact."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model


class Identity(Identified, Model):
    """`click_ts` repeats the click's time, so that a look-up touches one month of clicks only.

    `partner_id` repeats the click's, too, but for rows from before it was written down.
    """

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("tenant_id", "click_id", "user_id"),
        Index("ix_identities_user", "tenant_id", "user_id"),
        Index("ix_identities_partner", "tenant_id", "partner_id", "click_ts"),
    )

    click_id: Mapped[UUID]
    click_ts: Mapped[datetime]
    user_id: Mapped[str]
    partner_id: Mapped[UUID | None]
