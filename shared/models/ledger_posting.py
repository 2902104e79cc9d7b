"""LedgerPosting: one line of an entry, into or out of one account; never changed."""

from uuid import UUID

from sqlalchemy import CHAR, BigInteger, CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Model, Owned, within_tenant

PARTNER_ACCOUNTS = ("pending", "available", "held", "in_transit", "paid")
EXPENSE = "expense"


class LedgerPosting(Owned, Model):
    """Minor units, positive into the account.

    A partner's accounts say what the brand owes or paid them; the brand's own, `expense`, mirrors
    them with the opposite sign.
    """

    __tablename__ = "ledger_postings"
    __table_args__ = (
        within_tenant("entry_id", to="ledger_entries"),
        within_tenant("partner_id", to="partners"),
        within_tenant("commission_id", to="commissions"),
        within_tenant("payout_id", to="payouts"),
        CheckConstraint("amount_minor <> 0", "amount"),
        CheckConstraint(
            "(account in ('pending', 'available', 'held', 'in_transit', 'paid')"
            " and partner_id is not null) or (account = 'expense' and partner_id is null)",
            "account",
        ),
        Index(
            "ix_ledger_postings_balance",
            "tenant_id",
            "partner_id",
            "currency",
            "account",
            postgresql_include=["amount_minor"],
            postgresql_where=text("partner_id is not null"),
        ),
        Index(
            "ix_ledger_postings_commission",
            "tenant_id",
            "commission_id",
            postgresql_where=text("commission_id is not null"),
        ),
        Index(
            "ix_ledger_postings_payout",
            "tenant_id",
            "payout_id",
            postgresql_where=text("payout_id is not null"),
        ),
    )

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account: Mapped[str]
    partner_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    commission_id: Mapped[UUID | None]
    payout_id: Mapped[UUID | None]
