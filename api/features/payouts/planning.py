"""What a run would pay, leave out, and why: the preview and the run are the same look."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.for_others import Payable, lock_payable
from api.features.ledger.for_others import balances
from api.features.payout_settings.for_others import PayoutSettings
from api.features.payouts import queries
from api.features.payouts.amounts import sendable
from api.features.payouts.rails import SKIPPED, Means, Method, Payee, choose
from shared.models.partner import Partner
from shared.money import percent_of

PLATFORM_FEE_PERCENT = Decimal("3.00")


@dataclass(frozen=True, slots=True)
class Payment:
    """What one partner gets: `amount_minor` now, and `carried_minor` of it with the next run."""

    payable: Payable
    name: str
    method: Method
    destination: str | None
    amount_minor: int
    carried_minor: int
    needs_approval: bool

    def fee(self, mode: str) -> int | None:
        """On top of the payout and owed by the brand: the partner gets the whole amount."""
        return percent_of(self.amount_minor, PLATFORM_FEE_PERCENT) if mode == "revshare" else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Who gets nothing this time; negative amounts are debts."""

    partner_id: UUID
    name: str
    currency: str
    amount_minor: int
    reason: str

    @property
    def is_blocked(self) -> bool:
        """Whether somebody has to do something about it, unlike what only has to grow."""
        return self.reason not in SKIPPED


@dataclass(frozen=True, slots=True)
class Plan:
    """One look at everything payable."""

    payments: Sequence[Payment]
    left_out: Sequence[LeftOut]

    @property
    def fingerprint(self) -> str:
        """The same for two looks that would pay the same things the same way."""
        facts = [
            [
                str(each.payable.partner_id), each.payable.currency, each.method, each.destination,
                each.amount_minor, sorted(
                    str(one)
                    for one in (*each.payable.commission_ids, *each.payable.adjustment_ids)
                ),
            ]
            for each in self.payments
        ]  # fmt: skip
        return sha256(json.dumps(facts).encode()).hexdigest()[:32]


async def look(session: AsyncSession, settings: PayoutSettings, means: Means) -> Plan:
    """Nobody else can pay, reverse or plan what it finds until the transaction ends."""
    await session.execute(queries.run_lock())
    found = await lock_payable(session)
    people = {
        row.id: row
        for row in await session.execute(
            select(
                Partner.id, Partner.name, Partner.stripe_connect_account_id, Partner.details
            ).where(Partner.id.in_({payable.partner_id for payable in found}))
        )
    }
    open_now = {tuple(row) for row in await session.execute(queries.open_payouts())}
    payments: list[Payment] = []
    left_out: list[LeftOut] = []
    for payable in found:
        person = people[payable.partner_id]
        payee = Payee.of(person.stripe_connect_account_id, person.details)
        is_open = (payable.partner_id, payable.currency) in open_now
        decided = _decide(payable, person.name, payee, is_open, settings, means)
        (payments if isinstance(decided, Payment) else left_out).append(decided)  # type: ignore[arg-type]  # each to its own list
    return Plan(payments, [*left_out, *await _debts(session)])


async def _debts(session: AsyncSession) -> list[LeftOut]:
    """Who owes: their balance is carried, and set against what they earn next."""
    owing = [balance for balance in await balances(session) if balance.available < 0]
    ids = {balance.partner_id for balance in owing}
    found = await session.execute(select(Partner.id, Partner.name).where(Partner.id.in_(ids)))
    names = {row.id: row.name for row in found}
    return [
        LeftOut(one.partner_id, names[one.partner_id], one.currency, one.available, "debt_carried")
        for one in owing
    ]


def _decide(
    payable: Payable,
    name: str,
    payee: Payee,
    is_open: bool,
    settings: PayoutSettings,
    means: Means,
) -> Payment | LeftOut:
    amount, currency = payable.amount_minor, payable.currency

    def without(reason: str) -> LeftOut:
        return LeftOut(payable.partner_id, name, currency, amount, reason)

    if is_open:
        return without("payout_open")
    if amount < settings.threshold(currency):
        return without("below_threshold")
    method, reason = choose(settings.rail, payee, means)
    if method is None:
        return without(reason or "")
    whole = sendable(amount, currency) if method == "stripe_connect" else amount
    if whole <= 0:
        return without("below_smallest_unit")
    return Payment(
        payable=payable,
        name=name,
        method=method,
        destination=payee.account if method == "stripe_connect" else None,
        amount_minor=whole,
        carried_minor=amount - whole,
        needs_approval=settings.needs_approval(whole, currency),
    )
