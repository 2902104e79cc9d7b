"""The steps of a payout: every statement names the state it expects, and what was done is noted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Update, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.for_others import give_back, mark_paid, release, unpay
from api.features.payouts.amounts import in_our_units
from shared.models.adjustment import Adjustment
from shared.models.commission import Commission
from shared.models.payout import Payout
from shared.models.payout_step import PayoutStep
from shared.models.payout_transfer import PayoutTransfer

WORKER = "worker"
# Longer than a call may take, so that nobody asks again while the first is still on its way.
LEASE = timedelta(seconds=90)
LONGEST_TEXT = 500


def lease_is_free() -> Any:
    """Nobody is at it, by the database's clock."""
    return or_(PayoutTransfer.leased_until.is_(None), PayoutTransfer.leased_until < func.now())


def note(session: AsyncSession, payout_id: UUID, actor: str, action: str, **details: Any) -> None:
    """One line of a payout's history."""
    told = {
        name: value[:LONGEST_TEXT] if isinstance(value, str) else value
        for name, value in details.items()
        if value is not None
    }
    session.add(PayoutStep(payout_id=payout_id, actor=actor, action=action, details=told))


def move(payout_id: UUID, states: Sequence[str], to: str, **changes: Any) -> Update:
    """A transfer's next state, if it is still in one of these; the lease is given back."""
    return (
        update(PayoutTransfer)
        .where(PayoutTransfer.payout_id == payout_id, PayoutTransfer.state.in_(states))
        .values(state=to, lease=None, leased_until=None, **changes)
        .execution_options(synchronize_session=False)
    )


async def moved(session: AsyncSession, statement: Update) -> bool:
    """Whether the statement found what it expected."""
    return await session.scalar(statement.returning(PayoutTransfer.id)) is not None


async def close(
    session: AsyncSession,
    payout_id: UUID,
    status: str,
    *,
    transfer_id: str | None = None,
    **details: Any,
) -> bool:
    """Gives a pending payout its end, or a failed one that turned out to be paid; whether it did."""
    values: dict[str, Any] = {
        "status": status,
        "completed_at": func.now() if status == "paid" else None,
        "details": Payout.details.concat(cast(literal(details, JSONB), JSONB)),
    }
    if transfer_id is not None:
        values["stripe_transfer_id"] = transfer_id
    changed = await session.scalar(
        update(Payout)
        .where(Payout.id == payout_id, Payout.status != status)
        .values(values)
        .returning(Payout.id)
        .execution_options(synchronize_session=False)
    )
    return changed is not None


class NotAddingUp(Exception):
    """The commissions that a payout claims aren't what was sent."""


async def pay(session: AsyncSession, payout: Payout, transfer_id: str) -> None:
    """The money is with the partner. Raises NotAddingUp and leaves no trace of the attempt."""
    async with session.begin_nested():
        await close(session, payout.id, "paid", transfer_id=transfer_id)
        await settle_claims(session, payout)


async def settle_claims(session: AsyncSession, payout: Payout) -> None:
    """All that the payout claims is paid, but for what couldn't be sent. Raises NotAddingUp."""
    if await mark_paid(session, payout.id) != payout.amount_minor + payout.carried_minor:
        raise NotAddingUp
    if payout.carried_minor:
        await give_back(session, payout.id, "carried", payout.carried_minor)


async def fail(session: AsyncSession, payout_id: UUID, error: str, reason: str | None) -> None:
    """No money moved: what the payout claimed is free for the next one."""
    told = {"error": error} | ({"errorDetail": reason[:LONGEST_TEXT]} if reason else {})
    await close(session, payout_id, "failed", **told)
    await release(session, payout_id)


async def take_back(session: AsyncSession, payout_id: UUID, error: str) -> None:
    """The money came back after the payout was paid: the partner is owed it again."""
    await close(session, payout_id, "failed", error=error)
    await unpay(session, payout_id)


async def annotate(session: AsyncSession, payout_id: UUID, **details: Any) -> None:
    """Adds to what a payout tells of itself, and changes nothing else."""
    await session.execute(
        update(Payout)
        .where(Payout.id == payout_id)
        .values(details=Payout.details.concat(cast(literal(details, JSONB), JSONB)))
        .execution_options(synchronize_session=False)
    )


async def claimed(session: AsyncSession, payout_id: UUID) -> int:
    """What the commissions and adjustments that it claims come to, as they are now."""
    commissions = select(func.coalesce(func.sum(Commission.claimed_minor), 0)).where(
        Commission.payout_id == payout_id, Commission.status == "approved"
    )
    adjustments = select(func.coalesce(func.sum(Adjustment.amount_minor), 0)).where(
        Adjustment.payout_id == payout_id
    )
    return int(
        await session.scalar(select(commissions.scalar_subquery() + adjustments.scalar_subquery()))
        or 0
    )


async def note_returned(session: AsyncSession, payout: Payout, returned: int) -> bool:
    """A part of the transfer came back, `returned` of it in all: the partner is owed it again."""
    before = await session.scalar(
        select(PayoutTransfer.returned)
        .where(PayoutTransfer.payout_id == payout.id)
        .with_for_update()
    )
    if before is None or returned <= before:
        return False
    amount = in_our_units(returned, payout.currency) - in_our_units(before, payout.currency)
    if amount:
        await give_back(session, payout.id, f"reversed:{returned}", amount)
    await session.execute(
        update(PayoutTransfer)
        .where(PayoutTransfer.payout_id == payout.id)
        .values(returned=returned)
        .execution_options(synchronize_session=False)
    )
    return True


async def keep_transfer(session: AsyncSession, payout_id: UUID, transfer_id: str) -> None:
    """Of several transfers of a paid payout this is the one that counts."""
    await session.execute(
        update(Payout)
        .where(Payout.id == payout_id)
        .values(stripe_transfer_id=transfer_id)
        .execution_options(synchronize_session=False)
    )
