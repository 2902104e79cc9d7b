"""Correction: what became of a payment afterwards, a refund or a dispute; a raw fact."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, Owned, within_tenant


class Correction(Identified, Model):
    """One row for each thing that was said of a refund or dispute.

    Of several, the strongest counts (`succeeded` < `failed`; `open` < `lost` < `won`), so that their
    order doesn't matter.

    `amount_minor` null is all of the sale; `total_minor` null is the sale's own value. A
    `refund_total` says how much of a payment was refunded until then.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "kind", "key", "status"),
        CheckConstraint(
            "(kind in ('refund', 'refund_total') and status in ('succeeded', 'failed'))"
            " or (kind = 'dispute' and status in ('open', 'lost', 'won'))",
            "kind",
        ),
        CheckConstraint("amount_minor >= 0 and total_minor > 0", "amounts"),
    )

    source: Mapped[str]
    kind: Mapped[str]
    key: Mapped[str]
    status: Mapped[str]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    total_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    ts: Mapped[datetime] = mapped_column(server_default=func.now())


class CorrectionReference(Owned, Model):
    """A name of the payment that a correction is about; the sale may come later than this."""

    __tablename__ = "correction_references"
    __table_args__ = (
        within_tenant("correction_id", to="corrections"),
        Index("ix_correction_references_correction", "tenant_id", "correction_id"),
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    correction_id: Mapped[UUID] = mapped_column(primary_key=True)


class PaymentReference(Owned, Model):
    """Another name of the payment behind an event, beside the event's own external id."""

    __tablename__ = "payment_references"
    __table_args__ = (
        within_tenant("event_id", to="events"),
        Index("ix_payment_references_event", "tenant_id", "event_id"),
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
