"""PlatformLink and PlatformSession: who proved an address to the platform, above any workspace."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import Model

KIND = "kind in ('person', 'operator')"


class PlatformLink(Model):
    """Good for one sign-in within ten minutes; a newer one for the same address voids it."""

    __tablename__ = "platform_links"
    __table_args__ = (CheckConstraint(KIND, "kind"), Index("ix_platform_links_email", "email"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    email: Mapped[str]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PlatformSession(Model):
    """A browser that proved this address, for 30 days or until it is revoked."""

    __tablename__ = "platform_sessions"
    __table_args__ = (CheckConstraint(KIND, "kind"), Index("ix_platform_sessions_email", "email"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    email: Mapped[str]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
