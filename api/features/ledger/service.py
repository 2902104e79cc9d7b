"""Posting to the ledger and summing it up; PostgreSQL checks balance and seals at the commit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.ledger import queries
from api.features.ledger.entries import Entry, as_json
from api.features.ledger.schemas import BalanceOut, LedgerEntryOut, LedgerLine
from shared.models.ledger_entry import LedgerEntry
from shared.money import to_major

BATCH = 1000


@dataclass(slots=True)
class Balance:
    """What a partner has in one currency, in minor units.

    `pending` waits for its approval, `available` goes into the next payout and is negative while the
    partner owes, `held` waits for disputes, `in_transit` is in payouts under way.
    """

    partner_id: UUID
    currency: str
    pending: int = 0
    available: int = 0
    held: int = 0
    in_transit: int = 0
    paid: int = 0

    @property
    def earned(self) -> int:
        """All that stays earned: what was accrued less what was taken back."""
        return self.pending + self.available + self.held + self.in_transit + self.paid


async def post(session: AsyncSession, entries: Sequence[Entry]) -> set[str]:
    """Writes the entries whose keys are new, and answers those keys; entries of nothing are left out.

    One that doesn't balance makes the commit fail.
    """
    fresh: set[str] = set()
    for start in range(0, len(entries), BATCH):
        batch = as_json(entries[start : start + BATCH])
        fresh.update(await session.scalars(queries.POST, {"entries": batch}))
    return fresh


async def balances(session: AsyncSession, partner_id: UUID | None = None) -> list[Balance]:
    """Everybody's balances, or one partner's: one for each currency that was ever posted in."""
    found: dict[tuple[UUID, str], Balance] = {}
    for owner, currency, account, amount in await session.execute(queries.balances(partner_id)):
        balance = found.setdefault((owner, currency), Balance(owner, currency))
        setattr(balance, account, amount)
    return [found[key] for key in sorted(found)]


def show(balance: Balance) -> BalanceOut:
    """A balance as the wire shows it."""
    accounts = ("pending", "available", "held", "in_transit", "paid", "earned")
    amounts = {name: to_major(getattr(balance, name), balance.currency) for name in accounts}
    return BalanceOut.model_validate({"currency": balance.currency, **amounts})


async def with_lines(
    session: AsyncSession, entries: Sequence[LedgerEntry], partner_id: UUID
) -> list[LedgerEntryOut]:
    """Entries as one partner sees them: with the lines that touch their accounts."""
    lines: defaultdict[UUID, list[LedgerLine]] = defaultdict(list)
    wanted = queries.postings_of([entry.id for entry in entries], partner_id)
    for posting in await session.scalars(wanted):
        shown = {
            "account": posting.account,
            "amount": to_major(posting.amount_minor, posting.currency),
            "currency": posting.currency,
            "commission_id": posting.commission_id,
            "payout_id": posting.payout_id,
        }
        lines[posting.entry_id].append(LedgerLine.model_validate(shown))
    return [
        LedgerEntryOut(
            id=entry.id,
            key=entry.key,
            kind=entry.kind,
            created_at=entry.created_at,
            details=entry.details,
            lines=lines[entry.id],
        )
        for entry in entries
    ]
