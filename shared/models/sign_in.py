"""MagicLink and WebSession: how people prove who they are, and stay signed in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model

PERSON = "principal_kind in ('admin', 'partner')"


class MagicLink(Identified, Model):
    """Good for one sign-in within ten minutes; a newer one for the same person voids it."""

    __tablename__ = "magic_links"
    __table_args__ = (
        UniqueConstraint("tenant_id", "digest"),
        CheckConstraint(PERSON, "principal_kind"),
        Index("ix_magic_links_principal", "tenant_id", "principal_id"),
    )

    digest: Mapped[str]
    purpose: Mapped[str]
    principal_kind: Mapped[str]
    principal_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]


class WebSession(Identified, Model):
    """A browser that is signed in, for 30 days or until it is revoked."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "digest"),
        CheckConstraint(PERSON, "principal_kind"),
        Index("ix_sessions_principal", "tenant_id", "principal_id"),
        # For signing out where nobody says of which workspace.
        Index("ix_sessions_digest", "digest"),
    )

    digest: Mapped[str]
    principal_kind: Mapped[str]
    principal_id: Mapped[UUID]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
