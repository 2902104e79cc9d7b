"""PlatformEntry: which operator did what to which brand, when, and from where; written once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import Model


class PlatformEntry(Model):
    """`brand_id` refers to nothing, so that the entry outlives the brand; `actor` is an address."""

    __tablename__ = "platform_entries"
    __table_args__ = (Index("ix_platform_entries_brand_id", "brand_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str | None]
    brand_id: Mapped[UUID | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
