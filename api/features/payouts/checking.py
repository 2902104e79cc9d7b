"""Looks again at payouts that were settled: Stripe told of a change, or a late transfer turned up."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payouts import records, transfers
from api.features.payouts.records import move, moved, note, take_back
from api.features.payouts.sending import Desk, send
from api.features.payouts.transfers import Transfer
from shared.models.payout import Payout
from shared.models.payout_transfer import PayoutTransfer

LIVE = ("intent", "posted", "reconcile_required")
STRIPE = "stripe"


async def check(desk: Desk, payout_id: UUID) -> None:
    """Brings our story up to Stripe's, whatever it is; events only say when to look.

    So their order doesn't matter, nor does how often they come. Raises Unclear where Stripe
    doesn't answer.
    """
    async with desk.database.tenant_session(desk.tenant_id) as session:
        state = await session.scalar(
            select(PayoutTransfer.state).where(PayoutTransfer.payout_id == payout_id)
        )
    if state is None:
        return
    if state in LIVE:
        await send(desk, payout_id)
        return
    found = await transfers.of_payout(desk.stripe, payout_id)
    async with desk.database.tenant_session(desk.tenant_id) as session:
        await _agree(session, payout_id, found)


async def _agree(session: AsyncSession, payout_id: UUID, found: Sequence[Transfer]) -> None:
    row = (
        await session.execute(
            select(PayoutTransfer.state, Payout.stripe_transfer_id)
            .join(Payout, Payout.id == PayoutTransfer.payout_id)
            .where(PayoutTransfer.payout_id == payout_id)
            .with_for_update(of=PayoutTransfer)
        )
    ).one()
    state, ours = row
    live = [one for one in found if one.is_live]
    if state == "confirmed":
        await _agree_on_paid(session, payout_id, ours, found, live)
    elif state in {"failed", "canceled", "reversed"} and live:
        # What we had given up for lost, or an attempt of an earlier generation, arrived after all.
        await _review(session, payout_id, state, live)


async def _agree_on_paid(
    session: AsyncSession,
    payout_id: UUID,
    ours: str | None,
    found: Sequence[Transfer],
    live: Sequence[Transfer],
) -> None:
    mine = next((one for one in found if one.id == ours), None)
    if any(one.id != ours for one in live):
        await _review(session, payout_id, "confirmed", live)
    elif mine is not None and not mine.is_live:
        if await moved(
            session, move(payout_id, ("confirmed",), "reversed", problem="transfer_reversed")
        ):
            await take_back(session, payout_id, "transfer_reversed")
            note(session, payout_id, STRIPE, "reversed", transfers=[mine.id])
    elif mine is not None and mine.returned:
        payout = (await session.scalars(select(Payout).where(Payout.id == payout_id))).one()
        if await records.note_returned(session, payout, mine.returned):
            note(session, payout_id, STRIPE, "partly_reversed", returned=mine.returned)


async def _review(
    session: AsyncSession, payout_id: UUID, state: str, live: Sequence[Transfer]
) -> None:
    ids = [one.id for one in live]
    if await moved(
        session,
        move(payout_id, (state,), "duplicate_review", problem="several_transfers"
             if len(ids) > 1 else "late_transfer", problem_detail=", ".join(ids)),
    ):  # fmt: skip
        await records.annotate(session, payout_id, error="duplicate_review", transfers=ids)
        note(session, payout_id, STRIPE, "review", transfers=ids)
