"""Notice: something happened that others may want to hear of; written with what happened."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class Notice(Identified, Model):
    """`type` is public, such as `commission.accrued`; `data` is what receivers get."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_type", "tenant_id", "type", "id"),)

    type: Mapped[str]
    partner_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
