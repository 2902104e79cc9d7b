"""Statements of the ledger."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, select, text

from shared.models.ledger_entry import LedgerEntry
from shared.models.ledger_posting import LedgerPosting

# For a `with`: writes the entries of `:entries` that are new; `fresh` has their ids and keys. A
# fragment, so that what earns money can write down both in one round trip.
WRITE_ENTRIES = """
    given_entry as materialized (
        select * from jsonb_to_recordset(cast(:entries as jsonb))
            as e(id uuid, key text, kind text, details jsonb, postings jsonb)
    ), fresh as (
        insert into ledger_entries (id, key, kind, details)
        select id, key, kind, details from given_entry order by id
        on conflict (tenant_id, key) do nothing
        returning id, key
    ), fresh_posting as (
        insert into ledger_postings (entry_id, number, account, partner_id, currency, amount_minor,
            commission_id, payout_id)
        select fresh.id, p.number, p.account, p.partner_id, p.currency, p.amount_minor,
            p.commission_id, p.payout_id
        from fresh join given_entry g on g.id = fresh.id
        cross join lateral rows from (jsonb_to_recordset(g.postings) as (account text,
            partner_id uuid, currency text, amount_minor bigint, commission_id uuid, payout_id uuid)
        ) with ordinality as p(account, partner_id, currency, amount_minor, commission_id,
            payout_id, number)
    )
"""

POST = text(f"with {WRITE_ENTRIES} select key from fresh")  # noqa: S608  # constants of our own


def balances(partner_id: UUID | None) -> Select[UUID, str, str, int]:
    """By partner, currency and account: the sum of everything posted."""
    query = (
        select(
            LedgerPosting.partner_id,
            LedgerPosting.currency,
            LedgerPosting.account,
            cast(func.sum(LedgerPosting.amount_minor), BigInteger).label("amount_minor"),
        )
        .where(LedgerPosting.partner_id.is_not(None))
        .group_by(LedgerPosting.partner_id, LedgerPosting.currency, LedgerPosting.account)
    )
    if partner_id is not None:
        query = query.where(LedgerPosting.partner_id == partner_id)
    return query  # type: ignore[return-value]  # none of these partners is null


def entries_of(partner_id: UUID) -> Select[LedgerEntry]:
    """Entries that touch a partner's accounts."""
    touched = select(LedgerPosting.entry_id).where(
        LedgerPosting.partner_id == partner_id, LedgerPosting.entry_id == LedgerEntry.id
    )
    return select(LedgerEntry).where(touched.exists())


def postings_of(entry_ids: Any, partner_id: UUID) -> Select[LedgerPosting]:
    """A partner's lines of these entries."""
    return (
        select(LedgerPosting)
        .where(LedgerPosting.entry_id.in_(entry_ids), LedgerPosting.partner_id == partner_id)
        .order_by(LedgerPosting.entry_id, LedgerPosting.number)
    )
