"""Usage: which attributed sales a brand is billed for, and what was told to Stripe of them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class UsageChange(Identified, Model):
    """An event whose billing has to be looked at (again); PostgreSQL writes it with the credit.

    Its own row for each change, rather than one for each event: who takes a row off the list has
    seen all that was committed before it, and nothing that commits later is lost with it.
    """

    __tablename__ = "usage_changes"
    __table_args__ = (Index("ix_usage_changes_event", "tenant_id", "event_id"),)

    event_id: Mapped[UUID]


class UsageLine(Identified, Model):
    """What an event adds to the bill, or takes off it; written once, and claimed by one report.

    `amount_minor` is in the sale's own currency, `usd_minor` the same in cents at `usd_rate`, which
    is the event's for good: what is refunded comes off at the rate at which it was put on.
    """

    __tablename__ = "usage_lines"
    __table_args__ = (
        within_tenant("event_id", to="events"),
        within_tenant("subscription_id", to="billing_subscriptions"),
        within_tenant("report_id", to="usage_reports"),
        CheckConstraint("reason in ('sale', 'refund', 'withdrawn', 'credited_again')", "reason"),
        CheckConstraint("usd_rate > 0", "rate"),
        Index("ix_usage_lines_event", "tenant_id", "event_id"),
        Index("ix_usage_lines_report", "tenant_id", "report_id"),
        # An event is put on the bill once; whatever follows corrects it.
        Index(
            "uq_usage_lines_sale",
            "tenant_id",
            "event_id",
            unique=True,
            postgresql_where=text("reason = 'sale'"),
        ),
    )

    event_id: Mapped[UUID]
    subscription_id: Mapped[UUID]
    reason: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    usd_rate: Mapped[Decimal] = mapped_column(Numeric(20, 10))
    usd_minor: Mapped[int] = mapped_column(BigInteger)
    report_id: Mapped[UUID | None]


class UsageReport(Identified, Model):
    """One meter event: everything in it is frozen and committed before Stripe hears of it.

    pending → sent, or → replaced, once Stripe is known not to have it and can't take it any more as
    it is; `replaces` is then the report whose amount this one carries. `posted_at` is the first time
    that its outcome became uncertain, `breakdowns` how often Stripe answered with a failure of its
    own, which it would repeat under the same idempotency key.
    """

    __tablename__ = "usage_reports"
    __table_args__ = (
        within_tenant("replaces", to="usage_reports"),
        UniqueConstraint("tenant_id", "identifier"),
        UniqueConstraint("tenant_id", "replaces"),
        CheckConstraint("status in ('pending', 'sent', 'replaced')", "status"),
        CheckConstraint("usd_minor > 0", "amount"),
        # The one before is settled first, so that each has a minute of its own in Stripe's summaries.
        Index(
            "uq_usage_reports_pending",
            "tenant_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
    )

    identifier: Mapped[str]
    stripe_customer_id: Mapped[str]
    usd_minor: Mapped[int] = mapped_column(BigInteger)
    happened_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))
    posted_at: Mapped[datetime | None]
    breakdowns: Mapped[int] = mapped_column(server_default=text("0"))
    sent_at: Mapped[datetime | None]
    replaces: Mapped[UUID | None]
    last_error: Mapped[str | None]
