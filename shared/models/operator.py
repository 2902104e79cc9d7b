"""Operator: a person who runs the installation, above all brands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import Model


class Operator(Model):
    """`support` looks and changes nothing; `admin` decides. Belongs to no tenant."""

    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("role in ('support', 'admin')", "role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]
