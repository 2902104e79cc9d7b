"""From approved to paid, and back: what payouts do with commissions and adjustments together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions import payment_queries as queries
from api.features.commissions.errors import NotClaimable
from api.features.commissions.news import announce
from api.features.ledger.for_others import Entry, moved, post
from api.features.notices.for_others import (
    CommissionApproved,
    CommissionPaid,
    CommissionReversed,
)
from shared.models.adjustment import Adjustment


@dataclass(frozen=True, slots=True)
class Payable:
    """What one partner has coming in one currency, net of what they owe, and what it consists of."""

    partner_id: UUID
    currency: str
    amount_minor: int
    commission_ids: Sequence[UUID]
    adjustment_ids: Sequence[UUID] = ()


async def lock_payable(session: AsyncSession) -> list[Payable]:
    """What can be paid out now; nobody else can claim or reverse it until the transaction ends.

    Partners who come to zero or less aren't among them: what they owe stays for the next time.
    """
    rows = await session.execute(queries.PAYABLE)
    return [
        Payable(row.partner_id, row.currency, row.amount_minor, row.commissions, row.adjustments)
        for row in rows
    ]


async def claim(session: AsyncSession, by_payout: Mapping[UUID, Payable]) -> None:
    """Gives what `lock_payable` found to payouts, by their ids, and puts it in transit.

    Raises NotClaimable unless all of it is there still, as it is when called in one transaction.
    """
    if not by_payout:
        return
    claimed = dict.fromkeys(by_payout, 0)
    commissions = {payout: payable.commission_ids for payout, payable in by_payout.items()}
    for payout, amount in await session.execute(queries.claim(commissions)):
        claimed[payout] += amount
    adjustments = {payout: payable.adjustment_ids for payout, payable in by_payout.items()}
    for payout, amount in await session.execute(queries.claim_adjustments(adjustments)):
        claimed[payout] += amount
    if any(claimed[payout] != payable.amount_minor for payout, payable in by_payout.items()):
        raise NotClaimable
    await post(
        session,
        [
            _entry(payout, "payout", payable, available=-payable.amount_minor,
                   in_transit=payable.amount_minor)
            for payout, payable in by_payout.items()
        ],
    )  # fmt: skip


def _entry(payout: UUID, kind: str, of: Payable, turn: int = 0, **changes: int) -> Entry:
    key = f"{kind}:{payout}" if not turn else f"{kind}:{payout}:{turn}"
    return Entry(key, kind, moved(of.partner_id, of.currency, changes, payout_id=payout))


async def mark_paid(session: AsyncSession, payout_id: UUID) -> int:
    """The money has moved: a payout's commissions are paid.

    Answers the sum, in minor units, of what it has claimed; 0 when nothing of it is in transit.
    """
    standing = await _standing(session, payout_id)
    if standing is None or not standing.in_transit:
        return 0
    paid = (await session.execute(queries.payment(payout_id))).all()
    others: int = await session.scalar(queries.adjusted_by(payout_id)) or 0
    changes = {"in_transit": -standing.in_transit, "paid": standing.in_transit}
    await post(session, [_entry(payout_id, "paid", standing.of, standing.turn, **changes)])
    await announce(session, CommissionPaid, [row.id for row in paid])
    return sum(row.claimed_minor or 0 for row in paid) + others


async def release(session: AsyncSession, payout_id: UUID) -> None:
    """The payout came to nothing: all that it had claimed is free for the next one."""
    standing = await _standing(session, payout_id)
    if standing is None or not standing.in_transit:
        return
    changes = {"in_transit": -standing.in_transit, "available": standing.in_transit}
    await post(session, [_entry(payout_id, "payout_failed", standing.of, standing.turn, **changes)])
    await _let_go(session, payout_id)


async def unpay(session: AsyncSession, payout_id: UUID) -> None:
    """The money came back, or had never moved: what was paid is approved again, and free.

    Where a part came back before, the rest is carried as an adjustment instead, because the
    commissions can't be half paid.
    """
    standing = await _standing(session, payout_id)
    if standing is None or not standing.paid:
        return
    if await session.scalar(queries.came_back_in_part(payout_id)):
        await give_back(session, payout_id, "rest", standing.paid)
        return
    changes = {"paid": -standing.paid, "available": standing.paid}
    await post(session, [_entry(payout_id, "unpaid", standing.of, standing.turn, **changes)])
    await _let_go(session, payout_id)


async def give_back(session: AsyncSession, payout_id: UUID, key: str, amount_minor: int) -> bool:
    """A part of a paid payout came back, as when a transfer is partly reversed.

    It is available again, and goes into the next payout. Answers False when this `key` was known.
    """
    standing = await _standing(session, payout_id)
    if standing is None:
        return False
    changes = {"paid": -amount_minor, "available": amount_minor}
    postings = moved(standing.of.partner_id, standing.of.currency, changes, payout_id=payout_id)
    name = f"returned:{payout_id}:{key}"
    if not await post(session, [Entry(name, "returned", postings)]):
        return False
    session.add(
        Adjustment(
            partner_id=standing.of.partner_id,
            currency=standing.of.currency,
            amount_minor=amount_minor,
            kind="returned",
            key=name,
            details={"payoutId": str(payout_id)},
        )
    )
    await session.flush()
    return True


async def undo_payment(session: AsyncSession, payout_id: UUID) -> None:
    """Somebody had called a payout paid by mistake: it is under way again, with all its claims."""
    standing = await _standing(session, payout_id)
    if standing is None or not standing.paid:
        return
    changes = {"paid": -standing.paid, "in_transit": standing.paid}
    await post(session, [_entry(payout_id, "unconfirmed", standing.of, standing.turn, **changes)])
    undone = (await session.scalars(queries.not_paid_after_all(payout_id))).all()
    await announce(session, CommissionApproved, undone)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger says of a payout."""

    of: Payable
    in_transit: int
    paid: int
    turn: int


async def _standing(session: AsyncSession, payout_id: UUID) -> Standing | None:
    rows = (await session.execute(queries.standing(payout_id))).all()
    if not rows:
        return None
    sums = {row.account: row.amount_minor for row in rows}
    of = Payable(rows[0].partner_id, rows[0].currency, -sums.get("available", 0), ())
    # How often anything happened to it, so that the same may happen again under a key of its own.
    turn = max(row.entries for row in rows) - 1
    return Standing(of, sums.get("in_transit", 0), sums.get("paid", 0), turn)


async def _let_go(session: AsyncSession, payout_id: UUID) -> None:
    """Frees a payout's claims; what was carried beside its commissions is theirs again."""
    freed = (await session.execute(queries.release(payout_id))).all()
    await session.execute(queries.release_adjustments(payout_id))
    ids = [row.id for row in freed]
    await session.execute(queries.FOLD, {"commissions": ids})
    gone = (await session.scalars(queries.REVERSE_EMPTY, {"commissions": ids})).all()
    back = [row.id for row in freed if row.was_paid and row.id not in set(gone)]
    await announce(session, CommissionApproved, back)
    await announce(session, CommissionReversed, gone)
