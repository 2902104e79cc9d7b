"""Commission: what a credit earns a partner."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Commission(Identified, Model):
    """accrued → approved → claimed by a payout (`payout_id`) → paid, or reversed.

    `matures_at` is null where nothing is held back. `rule` is the place of the rule of its terms that
    pays it, from 0; `event_at` is when what it is paid for happened. `auto_approve`: true approves it
    without a person as soon as it is mature, false never; null only where something was held back.

    `clawed_minor` was taken back by refunds and
    lost disputes, `held_minor` waits for open ones; `adjusted_minor` is the sum of adjustments that
    carry such changes since a payout claimed it, for `claimed_minor`. Whoever reverses it for good
    is named by `reversed_by`; what a refund or dispute has reversed comes back if that comes to
    nothing.
    """

    __tablename__ = "commissions"
    __table_args__ = (
        within_tenant("credit_id", to="credits"),
        within_tenant("event_id", to="events"),
        within_tenant("partner_id", to="partners"),
        within_tenant("campaign_id", to="campaigns"),
        within_tenant("terms_id", to="terms"),
        within_tenant("payout_id", to="payouts"),
        UniqueConstraint("tenant_id", "credit_id", "rule"),
        CheckConstraint("amount_minor > 0", "amount"),
        CheckConstraint("rule between 0 and 9", "rule"),
        CheckConstraint("status in ('accrued', 'approved', 'paid', 'reversed')", "status"),
        CheckConstraint("status <> 'paid' or payout_id is not null", "paid_by_payout"),
        CheckConstraint(
            "clawed_minor >= 0 and held_minor >= 0 and clawed_minor + held_minor <= amount_minor",
            "withheld",
        ),
        CheckConstraint(
            "(status = 'reversed') = (reversed_by is not null)"
            " and (status <> 'reversed' or clawed_minor = amount_minor)",
            "reversed",
        ),
        CheckConstraint("(payout_id is null) = (claimed_minor is null)", "claimed"),
        Index("ix_commissions_partner", "tenant_id", "partner_id", "status"),
        Index("ix_commissions_status", "tenant_id", "status", "id"),
        Index("ix_commissions_event", "tenant_id", "event_id"),
        Index("ix_commissions_payout", "tenant_id", "payout_id"),
        Index("ix_commissions_earned", "tenant_id", "partner_id", "campaign_id", "event_at"),
    )

    credit_id: Mapped[UUID]
    event_id: Mapped[UUID]
    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    terms_id: Mapped[UUID]
    rule: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    user_id: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CHAR(3))
    status: Mapped[str] = mapped_column(server_default=text("'accrued'"))
    accrued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    matures_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    reversed_at: Mapped[datetime | None]
    payout_id: Mapped[UUID | None]
    event_at: Mapped[datetime] = mapped_column(server_default=func.now())
    auto_approve: Mapped[bool | None]
    clawed_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    held_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    adjusted_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    claimed_minor: Mapped[int | None] = mapped_column(BigInteger)
    reversed_by: Mapped[str | None]
    reversal_reason: Mapped[str | None]
