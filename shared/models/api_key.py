"""ApiKey: a bearer secret, stored as its digest."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class ApiKey(Identified, Model):
    """Scoped when `scopes` is set, else a partner's when `partner_id` is, else an admin's.

    `created_by` is the admin who made it, themselves or with a key that goes back to them.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        within_tenant("created_by", to="admins"),
        UniqueConstraint("tenant_id", "digest"),
        Index("ix_api_keys_digest", "digest"),
        Index("ix_api_keys_partner", "tenant_id", "partner_id"),
        Index("ix_api_keys_created_by", "tenant_id", "created_by"),
    )

    prefix: Mapped[str]
    digest: Mapped[str]
    partner_id: Mapped[UUID | None]
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    label: Mapped[str | None]
    created_by: Mapped[UUID | None]
    allowed_addresses: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
