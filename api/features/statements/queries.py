"""Reads of the ledger for statements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, select

from shared.models.ledger_entry import LedgerEntry
from shared.models.ledger_posting import LedgerPosting

# Whatever is in a partner's accounts but in none of these is owed to them.
PAID = "paid"
AMOUNT = cast(func.sum(LedgerPosting.amount_minor), BigInteger)


def owed_before(partner_id: UUID, moment: datetime) -> Select[str, int]:
    """By currency: what a partner was owed."""
    return (
        select(LedgerPosting.currency, AMOUNT)
        .join(LedgerEntry, LedgerEntry.id == LedgerPosting.entry_id)
        .where(
            LedgerPosting.partner_id == partner_id,
            LedgerPosting.account != PAID,
            LedgerEntry.created_at < moment,
        )
        .group_by(LedgerPosting.currency)
    )


def movements(
    partner_id: UUID, since: datetime, until: datetime
) -> Select[UUID, datetime, str, str, str, int]:
    """Entries that changed what a partner is owed, in order.

    What only went from one account to another, such as an approval, changed nothing.
    """
    return (
        select(
            LedgerEntry.id,
            LedgerEntry.created_at,
            LedgerEntry.kind,
            LedgerEntry.key,
            LedgerPosting.currency,
            AMOUNT,
        )
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .where(
            LedgerPosting.partner_id == partner_id,
            LedgerPosting.account != PAID,
            LedgerEntry.created_at >= since,
            LedgerEntry.created_at < until,
        )
        .group_by(LedgerEntry.tenant_id, LedgerEntry.id, LedgerPosting.currency)
        .having(func.sum(LedgerPosting.amount_minor) != 0)
        .order_by(LedgerEntry.created_at, LedgerEntry.id)
    )
