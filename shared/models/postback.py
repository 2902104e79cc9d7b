"""PartnerPostback and PostbackDelivery: a partner's own tracker, and what we told it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class PartnerPostback(Identified, Model):
    """`url` is a template whose macros are filled in at every firing."""

    __tablename__ = "partner_postbacks"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        CheckConstraint("method in ('GET', 'POST')", "method"),
        Index("ix_partner_postbacks_partner", "tenant_id", "partner_id"),
        Index("ix_partner_postbacks_enabled", "tenant_id", postgresql_where=text("enabled")),
    )

    partner_id: Mapped[UUID]
    url: Mapped[str]
    method: Mapped[str] = mapped_column(server_default=text("'GET'"))
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    signature_parameter: Mapped[str | None]
    sealed_secret: Mapped[str | None]
    last_fired_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    success_count: Mapped[int] = mapped_column(server_default=text("0"))
    failure_count: Mapped[int] = mapped_column(server_default=text("0"))
    deleted_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PostbackDelivery(Identified, Model):
    """One notice on its way to one tracker; `url` is the template filled in."""

    __tablename__ = "postback_deliveries"
    __table_args__ = (
        within_tenant("postback_id", to="partner_postbacks"),
        within_tenant("notice_id", to="notices"),
        UniqueConstraint("tenant_id", "postback_id", "notice_id"),
        CheckConstraint("status in ('pending', 'delivered', 'failed')", "status"),
        Index("ix_postback_deliveries_postback", "tenant_id", "postback_id", "id"),
        Index("ix_postback_deliveries_notice", "tenant_id", "notice_id"),
    )

    postback_id: Mapped[UUID]
    notice_id: Mapped[UUID]
    event_type: Mapped[str]
    url: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    http_status: Mapped[int | None]
    error: Mapped[str | None]
    answer: Mapped[str | None]
    latency_ms: Mapped[int | None]
    last_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
