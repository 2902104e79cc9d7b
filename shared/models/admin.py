"""Admin: a person who runs a tenant's partner program."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class Admin(Identified, Model):
    """E-mail addresses are stored in lower case."""

    __tablename__ = "admins"
    __table_args__ = (UniqueConstraint("tenant_id", "email"),)

    email: Mapped[str]
    name: Mapped[str]
    activated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]
    last_sign_in_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
