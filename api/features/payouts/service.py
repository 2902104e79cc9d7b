"""The rules of payouts by hand, and how any payout is shown."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.for_others import release, undo_payment
from api.features.payouts import queries
from api.features.payouts.errors import (
    ApprovalNotWanted,
    ApprovalWanted,
    CommissionSetChanged,
    NotConfirmable,
    NotUndoable,
    PayoutNotFound,
    PayoutOpen,
    SecondPersonNeeded,
)
from api.features.payouts.records import NotAddingUp, note, settle_claims
from api.features.payouts.runs import SEND, Starter
from api.features.payouts.schemas import (
    PayoutOut,
    PayoutShown,
    PayoutStepOut,
    PayoutTransferOut,
    PayoutWithHistory,
)
from api.features.payouts.stuck import why_stuck
from api.jobs.enqueue import enqueue
from shared.models.payout import Payout
from shared.models.payout_run import PayoutRun
from shared.models.payout_step import PayoutStep
from shared.models.payout_transfer import PayoutTransfer
from shared.money import to_major

ShownRow = Row[Payout, PayoutTransfer | None, str, bool]


async def confirm(
    session: AsyncSession, payout_id: UUID, reference: str | None, actor: str
) -> PayoutOut:
    """The money has moved: the payout is paid, and so are its commissions."""
    noted = {} if reference is None else {"reference": reference}
    payout: Payout | None = await session.scalar(
        queries.confirmation(payout_id, noted).returning(Payout)
    )
    if payout is None:
        raise await _not_confirmable(session, payout_id)
    try:
        await settle_claims(session, payout)
    except NotAddingUp as problem:
        raise CommissionSetChanged from problem
    note(session, payout_id, actor, "confirmed", reference=reference)
    return show(payout)


async def _not_confirmable(session: AsyncSession, payout_id: UUID) -> Exception:
    found = await session.execute(
        select(Payout.approval, Payout.status).where(Payout.id == payout_id)
    )
    row = found.one_or_none()
    if row is None:
        return PayoutNotFound()
    waits = row.approval == "wanted" and row.status == "pending"
    return ApprovalWanted() if waits else NotConfirmable()


async def undo(session: AsyncSession, payout_id: UUID, reason: str | None, actor: str) -> PayoutOut:
    """Takes back the last step of a payout by hand.

    One that was called paid is pending again; one that is pending never was, and what it had claimed
    goes into the next run.
    """
    payout = await session.scalar(select(Payout).where(Payout.id == payout_id).with_for_update())
    if payout is None:
        raise PayoutNotFound
    was = payout.status
    if payout.method not in queries.BY_HAND or was == "failed":
        raise NotUndoable
    if was == "paid":
        await session.execute(queries.run_lock())
        if await session.scalar(queries.open_payout(payout.partner_id, payout.currency)):
            raise PayoutOpen
        await session.execute(queries.reopening(payout_id))
        await undo_payment(session, payout_id)
    else:
        await session.execute(queries.canceling(payout_id, reason))
        await release(session, payout_id)
    note(session, payout_id, actor, "undone", was=was, reason=reason)
    await session.refresh(payout)
    return show(payout)


async def approve(session: AsyncSession, payout_id: UUID, approver: Starter) -> PayoutShown:
    """A second person agrees to a payout above the limit; who started its run can't."""
    payout = await session.scalar(select(Payout).where(Payout.id == payout_id).with_for_update())
    if payout is None:
        raise PayoutNotFound
    if payout.approval != "wanted" or payout.status != "pending":
        raise ApprovalNotWanted
    run = await session.scalar(select(PayoutRun).where(PayoutRun.id == payout.run_id))
    same = run is None or run.actor == approver.actor
    if same or (run is not None and run.person is not None and run.person == approver.person):
        raise SecondPersonNeeded
    await session.execute(update(Payout).where(Payout.id == payout_id).values(approval="given"))
    note(session, payout_id, approver.actor, "approved")
    if payout.method == "stripe_connect":
        await enqueue(session, SEND, payout_id=str(payout_id))
    return await find(session, payout_id)


async def find(session: AsyncSession, payout_id: UUID) -> PayoutShown:
    """One payout, as those see it who pay."""
    row = (
        await session.execute(queries.payouts_shown().where(Payout.id == payout_id))
    ).one_or_none()
    if row is None:
        raise PayoutNotFound
    return show_to_payers(row)


async def with_history(session: AsyncSession, payout_id: UUID) -> PayoutWithHistory:
    """The same with all that was done to it, oldest first."""
    payout = await find(session, payout_id)
    steps = await session.scalars(
        select(PayoutStep).where(PayoutStep.payout_id == payout_id).order_by(PayoutStep.id)
    )
    history = [PayoutStepOut.model_validate(step, from_attributes=True) for step in steps]
    return PayoutWithHistory(payout=payout, history=history)


async def run_rows(session: AsyncSession, run_id: UUID) -> list[tuple[Payout, str, str]] | None:
    """A run's payouts by hand with who gets them; None where there was no such run."""
    if await session.scalar(select(PayoutRun.id).where(PayoutRun.id == run_id)) is None:
        return None
    return [(row[0], row[1], row[2]) for row in await session.execute(queries.by_hand(run_id))]


async def count_of(session: AsyncSession, run_ids: list[UUID]) -> dict[UUID, int]:
    """How many payouts each of these runs made."""
    counted = await session.execute(
        select(Payout.run_id, func.count())
        .where(Payout.run_id.in_(run_ids))
        .group_by(Payout.run_id)
    )
    return {row[0]: row[1] for row in counted}


def show(payout: Payout) -> PayoutOut:
    """The payout as the wire shows it."""
    return PayoutOut.model_validate(_columns(payout))


def show_to_payers(row: ShownRow) -> PayoutShown:
    """A row of `payouts_shown` as the wire shows it."""
    payout, transfer, name, stuck = row
    told = transfer and PayoutTransferOut.model_validate(transfer, from_attributes=True)
    return PayoutShown.model_validate(
        {
            **_columns(payout),
            "partner_name": name,
            "stuck": stuck,
            "why": why_stuck(payout, transfer) if stuck else None,
            "transfer": told,
        }
    )


def _columns(payout: Payout) -> dict[str, object]:
    return {
        "id": payout.id,
        "tenant_id": payout.tenant_id,
        "partner_id": payout.partner_id,
        "run_id": payout.run_id,
        "amount": to_major(payout.amount_minor, payout.currency),
        "currency": payout.currency,
        "method": payout.method,
        "stripe_transfer_id": payout.stripe_transfer_id,
        "status": payout.status,
        "approval": payout.approval,
        "metadata": payout.details,
        "created_at": payout.created_at,
        "completed_at": payout.completed_at,
    }
