"""Payout transfer: a payout that a machine sends, everything about it frozen before it is sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant

STATES = (
    "intent", "posted", "confirmed", "failed", "canceled", "reversed", "reconcile_required",
    "duplicate_review",
)  # fmt: skip


class PayoutTransfer(Identified, Model):
    """intent → posted → confirmed; a trigger refuses every step that the machine doesn't have.

    `amount` counts in Stripe's units, which for some currencies aren't ours; so does `returned`, what
    was reversed since and given back. `generation` grows when an operator decides that a new attempt
    may be made under a new key. While `leased_until` lies ahead, `lease` names whose turn it is.
    `problem` is the code of what keeps it from ending well.
    """

    __tablename__ = "payout_transfers"
    __table_args__ = (
        within_tenant("payout_id", to="payouts"),
        UniqueConstraint("tenant_id", "payout_id"),
        UniqueConstraint("tenant_id", "idempotency_key"),
        CheckConstraint(f"state in {STATES}", "state"),
        CheckConstraint("amount > 0", "amount"),
        CheckConstraint("state <> 'posted' or first_posted_at is not null", "posted"),
        Index(
            "ix_payout_transfers_live",
            "tenant_id",
            "last_attempt_at",
            postgresql_where=text("state in ('intent', 'posted', 'reconcile_required')"),
        ),
    )

    payout_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default=text("'intent'"))
    destination: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    returned: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    idempotency_key: Mapped[str]
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    first_posted_at: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    problem: Mapped[str | None]
    problem_detail: Mapped[str | None]
