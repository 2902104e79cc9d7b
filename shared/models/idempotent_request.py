"""IdempotentRequest: the answer already given to an Idempotency-Key."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model


class IdempotentRequest(Identified, Model):
    """`expires_at` is null on routes that move money: those answers are kept for ever."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        UniqueConstraint("tenant_id", "principal", "key"),
        Index("ix_idempotent_requests_expires", "expires_at"),
    )

    principal: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    expires_at: Mapped[datetime | None]
