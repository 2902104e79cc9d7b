"""Event: what a customer did, as the merchant reported it; a raw fact."""

from datetime import datetime
from typing import Any

from sqlalchemy import CHAR, BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class Event(Identified, Model):
    """`ts` is when it happened, `created_at` when it reached us; `value_minor` is in minor units.

    (`source`, `external_id`) makes a report idempotent within its tenant; `fingerprint` tells a
    repeat from a different event under the same id.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "uq_events_external",
            "tenant_id",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
        Index("ix_events_user", "tenant_id", "user_id", "ts"),
        Index("ix_events_type", "tenant_id", "type", "ts"),
    )

    user_id: Mapped[str]
    type: Mapped[str]
    value_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    source: Mapped[str] = mapped_column(server_default=text("'api'"))
    external_id: Mapped[str | None]
    fingerprint: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(
        "metadata", JSONB, server_default=text("'{}'::jsonb")
    )
    ts: Mapped[datetime]
