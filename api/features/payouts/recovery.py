"""What an operator decides about a payout that can't go on by itself, each time against Stripe's word.

Nothing is decided on what the operator remembers: the generation they saw has to be the present
one, and Stripe is asked before the decision is written, under a condition that nobody was faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Update, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ApiError
from api.features.payouts import records, transfers
from api.features.payouts.errors import (
    CannotVerify,
    GenerationMoved,
    KeptTransferInvalid,
    MoneyWithPartner,
    NotDisposable,
    NotInReview,
    NotReleasable,
    PayoutBusy,
    PayoutNotFound,
    TransferExists,
    TransfersStillLive,
)
from api.features.payouts.records import NotAddingUp, fail, move, moved, note, pay, take_back
from api.features.payouts.runs import SEND
from api.features.payouts.schemas import PayoutRecovery
from api.features.payouts.sending import Desk
from api.features.payouts.transfers import Transfer, Unclear, key_of
from api.jobs.enqueue import enqueue
from shared.models.payout import Payout
from shared.models.payout_transfer import PayoutTransfer

DISPOSABLE = ("intent", "reconcile_required")


@dataclass(frozen=True, slots=True)
class Seen:
    """The payout when the decision was begun; without a transfer it was brought here from elsewhere."""

    payout: Payout
    transfer: PayoutTransfer | None
    busy: bool

    @property
    def state(self) -> str | None:
        return self.transfer.state if self.transfer else None


async def recover(desk: Desk, payout_id: UUID, wanted: PayoutRecovery, actor: str) -> None:
    """Carries the decision out, or refuses it; either way it is written down who decided what."""
    try:
        await _decide(desk, payout_id, wanted, actor)
    except PayoutNotFound:
        raise
    except ApiError as refusal:
        async with desk.database.tenant_session(desk.tenant_id) as session:
            _note(session, payout_id, wanted, actor, refused=refusal.code)
        raise


async def _decide(desk: Desk, payout_id: UUID, wanted: PayoutRecovery, actor: str) -> None:
    async with desk.database.tenant_session(desk.tenant_id) as session:
        seen = await _see(session, payout_id)
    _refuse_early(seen, wanted)
    try:
        found = await transfers.of_payout(desk.stripe, payout_id)
    except Unclear as problem:
        raise CannotVerify(reason=problem.reason) from problem
    async with desk.database.tenant_session(desk.tenant_id) as session:
        match wanted.action:
            case "release_intent_for_retry":
                await _release(session, payout_id, wanted, found)
            case "dispose_intent":
                await _dispose(session, seen, wanted, found)
            case "resolve_duplicate_review":
                await _resolve(session, seen, wanted, found)
        _note(session, payout_id, wanted, actor)


def _note(
    session: AsyncSession, payout_id: UUID, wanted: PayoutRecovery, actor: str, **more: Any
) -> None:
    note(
        session, payout_id, actor, wanted.action, generation=wanted.observed_generation,
        kept=wanted.keep_transfer_id, note=wanted.note, **more,
    )  # fmt: skip


async def _see(session: AsyncSession, payout_id: UUID) -> Seen:
    row = (
        await session.execute(
            select(Payout, PayoutTransfer, records.lease_is_free())
            .outerjoin(PayoutTransfer, PayoutTransfer.payout_id == Payout.id)
            .where(Payout.id == payout_id)
        )
    ).one_or_none()
    if row is None:
        raise PayoutNotFound
    payout, transfer, free = row
    return Seen(payout, transfer, transfer is not None and not free)


def _refuse_early(seen: Seen, wanted: PayoutRecovery) -> None:
    """What can be said without asking Stripe."""
    generation = seen.transfer.generation if seen.transfer else 0
    brought = seen.transfer is None and seen.payout.method == "stripe_connect"
    is_open = seen.payout.status == "pending"
    refusal: type[ApiError]
    match wanted.action:
        case "release_intent_for_retry":
            possible, refusal = seen.state == "reconcile_required", NotReleasable
        case "dispose_intent":
            possible = is_open and (seen.state in DISPOSABLE or brought)
            refusal = NotDisposable
        case "resolve_duplicate_review":
            possible, refusal = seen.state == "duplicate_review", NotInReview
    if generation != wanted.observed_generation:
        raise GenerationMoved(generation=generation)
    if not possible:
        raise refusal(state=seen.state)
    if seen.busy:
        raise PayoutBusy


def _as_seen(statement: Update, wanted: PayoutRecovery) -> Update:
    return statement.where(
        PayoutTransfer.generation == wanted.observed_generation, records.lease_is_free()
    )


async def _release(
    session: AsyncSession, payout_id: UUID, wanted: PayoutRecovery, found: Sequence[Transfer]
) -> None:
    """A new attempt under a new key: only where Stripe has nothing of the old ones."""
    if found:
        raise TransferExists(transfers=[one.id for one in found])
    generation = wanted.observed_generation + 1
    statement = move(
        payout_id, ("reconcile_required",), "intent", generation=generation,
        idempotency_key=key_of(payout_id, generation), first_posted_at=None, attempts=0,
        problem=None, problem_detail=None,
    )  # fmt: skip
    if not await moved(session, _as_seen(statement, wanted)):
        raise GenerationMoved
    await enqueue(session, SEND, payout_id=str(payout_id))


async def _dispose(
    session: AsyncSession, seen: Seen, wanted: PayoutRecovery, found: Sequence[Transfer]
) -> None:
    """Gives the payout up: what it claimed goes into the next run."""
    if live := [one.id for one in found if one.is_live]:
        raise MoneyWithPartner(transfers=live)
    if seen.transfer is not None:
        statement = move(seen.payout.id, DISPOSABLE, "canceled", problem="disposed")
        if not await moved(session, _as_seen(statement, wanted)):
            raise GenerationMoved
    await fail(session, seen.payout.id, "disposed", wanted.note)


async def _resolve(
    session: AsyncSession, seen: Seen, wanted: PayoutRecovery, found: Sequence[Transfer]
) -> None:
    """One transfer counts and the others came back; or all came back, and the partner is owed it."""
    live = [one for one in found if one.is_live]
    if wanted.keep_transfer_id is None:
        if live:
            raise MoneyWithPartner(transfers=[one.id for one in live])
        await _settle_none(session, seen, wanted)
        return
    kept = next((one for one in live if one.id == wanted.keep_transfer_id), None)
    assert seen.transfer is not None  # noqa: S101  # it is under review
    ordered = (seen.transfer.amount, seen.payout.currency, seen.transfer.destination)
    if kept is None or (kept.amount, kept.currency, kept.destination) != ordered or kept.returned:
        raise KeptTransferInvalid
    if len(live) > 1:
        raise TransfersStillLive(transfers=[one.id for one in live if one is not kept])
    await _settle_one(session, seen, wanted, kept)


async def _settle_none(session: AsyncSession, seen: Seen, wanted: PayoutRecovery) -> None:
    statement = move(seen.payout.id, ("duplicate_review",), "canceled", problem="disposed")
    if not await moved(session, _as_seen(statement, wanted)):
        raise GenerationMoved
    if seen.payout.status == "paid":
        await take_back(session, seen.payout.id, "transfer_reversed")
    else:
        await fail(session, seen.payout.id, "disposed", wanted.note)


async def _settle_one(
    session: AsyncSession, seen: Seen, wanted: PayoutRecovery, kept: Transfer
) -> None:
    statement = move(
        seen.payout.id, ("duplicate_review",), "confirmed", problem=None, problem_detail=None
    )
    if not await moved(session, _as_seen(statement, wanted)):
        raise GenerationMoved
    if seen.payout.status == "paid":
        await records.keep_transfer(session, seen.payout.id, kept.id)
        return
    try:
        await pay(session, seen.payout, kept.id)
    except NotAddingUp as problem:
        raise KeptTransferInvalid from problem
