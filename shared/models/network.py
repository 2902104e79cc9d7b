"""What a tenant has under way with the creator network: pushes, approvals, and reports of payouts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, Owned, within_tenant


class NetworkPush(Identified, Model):
    """Something that the coordinator has yet to hear; gone once it has.

    What is said of a partner is read when it is sent, so that only what holds then is told.
    """

    __tablename__ = "network_pushes"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        CheckConstraint("status in ('pending', 'dead')", "status"),
        CheckConstraint(
            "kind in ('partner', 'partners', 'approval', 'payout_report', 'departure')",
            "kind",
        ),
        Index("ix_network_pushes_status", "tenant_id", "status", "id"),
        Index("ix_network_pushes_partner", "tenant_id", "partner_id"),
    )

    kind: Mapped[str]
    partner_id: Mapped[UUID | None]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    http_status: Mapped[int | None]
    error: Mapped[str | None]
    last_attempt_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]


class NetworkApproval(Identified, Model):
    """A creator's request, and what was made when it was approved; once for each request."""

    __tablename__ = "network_approvals"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        within_tenant("link_id", to="links"),
        UniqueConstraint("tenant_id", "request_id"),
        Index("ix_network_approvals_partner", "tenant_id", "partner_id"),
        Index("ix_network_approvals_link", "tenant_id", "link_id"),
    )

    request_id: Mapped[str]
    partner_id: Mapped[UUID]
    link_id: Mapped[UUID]
    decision_note: Mapped[str | None]


class NetworkPayoutReport(Identified, Model):
    """What was paid to creators in a span of time, frozen before it is told."""

    __tablename__ = "network_payout_reports"
    __table_args__ = (
        Index(
            "uq_network_payout_reports_open",
            "tenant_id",
            unique=True,
            postgresql_where=text("reported_at is null"),
        ),
        Index("ix_network_payout_reports_until", "tenant_id", "until_at"),
    )

    since_at: Mapped[datetime]
    until_at: Mapped[datetime]
    amounts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reported_at: Mapped[datetime | None]


class NetworkReportedPayout(Owned, Model):
    """A payout and the one report that it is in."""

    __tablename__ = "network_reported_payouts"
    __table_args__ = (
        within_tenant("payout_id", to="payouts"),
        within_tenant("report_id", to="network_payout_reports"),
        Index("ix_network_reported_payouts_report", "tenant_id", "report_id"),
    )

    payout_id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)
