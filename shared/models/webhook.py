"""WebhookEndpoint and WebhookDelivery: a brand's server, and what we brought it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class WebhookEndpoint(Identified, Model):
    """`secrets` are sealed, newest first, each with the moment from which it no longer signs.

    `failing_since` is the first failure after the last success, `told_at` when admins were told.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index(
            "ix_webhook_endpoints_active",
            "tenant_id",
            postgresql_where=text("active and deleted_at is null"),
        ),
    )

    url: Mapped[str]
    label: Mapped[str | None]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    secret_prefix: Mapped[str]
    secrets: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    last_sequence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    last_used_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    told_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    deleted_at: Mapped[datetime | None]


class WebhookDelivery(Identified, Model):
    """One notice on its way to one endpoint; `sequence` is given at the first attempt."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        within_tenant("endpoint_id", to="webhook_endpoints"),
        within_tenant("notice_id", to="notices"),
        UniqueConstraint("tenant_id", "endpoint_id", "notice_id"),
        CheckConstraint("status in ('pending', 'delivered', 'failed')", "status"),
        Index("ix_webhook_deliveries_endpoint", "tenant_id", "endpoint_id", "id"),
        Index("ix_webhook_deliveries_notice", "tenant_id", "notice_id"),
    )

    endpoint_id: Mapped[UUID]
    notice_id: Mapped[UUID]
    event_type: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    http_status: Mapped[int | None]
    error: Mapped[str | None]
    answer: Mapped[str | None]
    latency_ms: Mapped[int | None]
    last_attempt_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
