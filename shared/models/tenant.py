"""Tenant: a brand's workspace, to which every other row belongs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import Model

# The workspace that a single-tenant installation lives in; made by the first migration.
DEFAULT_TENANT_ID = UUID("01900000-0000-7000-8000-000000000001")
DEFAULT_TENANT_SLUG = "default"


class Tenant(Model):
    """Row security on this table compares `id` itself with the pinned tenant.

    `pending_deletion_at` is when somebody asked for its deletion; 30 days later it is gone.
    `coupon_integration_verified_at` is when the first coupon of theirs was redeemed.
    """

    __tablename__ = "tenants"
    __table_args__ = (CheckConstraint("status in ('active', 'suspended', 'deleted')", "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'active'"))
    pending_deletion_at: Mapped[datetime | None]
    deletion_reason: Mapped[str | None]
    coupon_integration_verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
