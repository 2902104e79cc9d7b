"""Tenant: a brand's workspace, to which every other row belongs, and the names of those gone."""

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
    `status_reason` is what the operators said when they suspended or rejected it.
    """

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint("status in ('active', 'suspended', 'deleted')", "status"),
        CheckConstraint("approval_status in ('pending', 'approved', 'rejected')", "approval"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'active'"))
    pending_deletion_at: Mapped[datetime | None]
    deletion_reason: Mapped[str | None]
    coupon_integration_verified_at: Mapped[datetime | None]
    approval_status: Mapped[str] = mapped_column(server_default=text("'approved'"))
    suspended_at: Mapped[datetime | None]
    status_reason: Mapped[str | None]
    white_label: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class RetiredSlug(Model):
    """The name of a workspace that is gone: links with it are out in the world, so nobody gets it."""

    __tablename__ = "retired_slugs"

    slug: Mapped[str] = mapped_column(primary_key=True)
    retired_at: Mapped[datetime] = mapped_column(server_default=func.now())
