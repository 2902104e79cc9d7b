"""Partner: a person who promotes a tenant's campaigns, and the times at which they were shut out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Partner(Identified, Model):
    """Invited until `activated_at`, shut out while `revoked_at` is set.

    `approved_at` is null while somebody who signed up by themselves waits to be looked at.
    """

    __tablename__ = "partners"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email"),
        Index(
            "ix_partners_stripe_account",
            "tenant_id",
            "stripe_connect_account_id",
            postgresql_where=text("stripe_connect_account_id is not null"),
        ),
    )

    email: Mapped[str]
    name: Mapped[str]
    stripe_connect_account_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(
        "metadata", JSONB, server_default=text("'{}'::jsonb")
    )
    approved_at: Mapped[datetime | None] = mapped_column(server_default=func.now())
    activated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Revocation(Identified, Model):
    """One span in which a partner was shut out; open while `reinstated_at` is null.

    Kept apart from the partner because an event that arrived in such a span never credits the
    partner, not even after they are let back in.
    """

    __tablename__ = "revocations"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        Index(
            "uq_revocations_open",
            "tenant_id",
            "partner_id",
            unique=True,
            postgresql_where=text("reinstated_at is null"),
        ),
        Index("ix_revocations_partner", "tenant_id", "partner_id"),
    )

    partner_id: Mapped[UUID]
    revoked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reinstated_at: Mapped[datetime | None]
    reason: Mapped[str | None]
