"""Sends one payout: take it in a transaction, ask Stripe without one, settle in a third.

A worker may die between any two lines. Whoever comes next finds the transfer `posted` and its lease
run out: within the life of its key it sends the same again, later it looks, and never sends blind.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payout_settings.for_others import PayoutSettings, read
from api.features.payouts import records, transfers
from api.features.payouts.outcomes import Finding, settle
from api.features.payouts.rails import Means, Payee
from api.features.payouts.runs import AGAIN
from api.features.payouts.transfers import Order, Refused, Unclear
from api.jobs.enqueue import enqueue
from api.outside.stripe import Stripe
from shared.database import Database
from shared.ids import new_id
from shared.models.partner import Partner
from shared.models.payout import Payout
from shared.models.payout_run import PayoutRun
from shared.models.payout_transfer import PayoutTransfer

# Stripe may forget a key after 24 hours; an hour of that is for clocks, queues and sleeping machines.
KEY_LIVES = timedelta(hours=23)
# Whoever slept this long between taking and sending lets somebody else take it again.
LONGEST_PAUSE = 30.0

# A peek is a look at a key that lives: what isn't there yet may still be sent later.
Step = Literal["post", "peek", "look"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to send a brand's payouts."""

    tenant_id: UUID
    database: Database
    stripe: Stripe
    means: Means


@dataclass(frozen=True, slots=True)
class Turn:
    """A transfer whose turn it is, and what to do with it."""

    order: Order
    step: Step
    taken_at: float


async def send(desk: Desk, payout_id: UUID) -> None:
    """One step towards the end of this payout; safe to call at any time, by anybody, at once."""
    async with desk.database.tenant_session(desk.tenant_id) as session:
        turn = await _take(session, desk, payout_id)
    if turn is None:
        return
    finding = await _ask(desk.stripe, turn)
    async with desk.database.tenant_session(desk.tenant_id) as session:
        await settle(session, turn.order, finding)


async def _take(session: AsyncSession, desk: Desk, payout_id: UUID) -> Turn | None:
    """Leases the transfer to us; an intent that no longer fits is canceled instead."""
    row = (
        await session.execute(
            select(PayoutTransfer, Payout, func.now())
            .join(Payout, Payout.id == PayoutTransfer.payout_id)
            .where(
                PayoutTransfer.payout_id == payout_id,
                PayoutTransfer.state.in_(("intent", "posted", "reconcile_required")),
                records.lease_is_free(),
                Payout.approval != "wanted",
            )
            .with_for_update(of=PayoutTransfer, skip_locked=True)
        )
    ).one_or_none()
    if row is None:
        return None
    transfer, payout, now = row
    settings = await read(session)
    step = _step(transfer, now, settings)
    if step is None:
        return None
    if transfer.state == "intent" and (why := await _unfit(session, desk, payout, transfer)):
        await records.moved(session, records.move(payout_id, ("intent",), "canceled", problem=why))
        await records.fail(session, payout_id, why, None)
        records.note(session, payout_id, records.WORKER, "canceled", why=why)
        if why == "payee_changed":
            await enqueue(session, AGAIN, payout_id=str(payout_id))
        return None
    return await _lease(session, payout, transfer, step)


def _step(transfer: PayoutTransfer, now: datetime, settings: PayoutSettings) -> Step | None:
    """Send it while its key is known to live, look otherwise; a frozen brand sends nothing."""
    if transfer.state == "intent":
        return None if settings.frozen else "post"
    first = transfer.first_posted_at
    is_fresh = first is not None and timedelta(0) <= now - first < KEY_LIVES
    if transfer.state != "posted" or not is_fresh:
        return "look"
    return "peek" if settings.frozen else "post"


async def _unfit(
    session: AsyncSession, desk: Desk, payout: Payout, transfer: PayoutTransfer
) -> str | None:
    """Why what was planned must not be sent any more: the next run plans it anew."""
    if await records.claimed(session, payout.id) != payout.amount_minor + payout.carried_minor:
        return "commission_set_changed"
    partner = (
        await session.execute(
            select(Partner.stripe_connect_account_id, Partner.details).where(
                Partner.id == payout.partner_id
            )
        )
    ).one()
    payee = Payee.of(partner.stripe_connect_account_id, partner.details)
    if payee.account != transfer.destination:
        return "payee_changed"
    if not payee.ready:
        return "stripe_onboarding_incomplete"
    return None if desk.means.funded else "unfunded_connect_payouts"


async def _lease(
    session: AsyncSession, payout: Payout, transfer: PayoutTransfer, step: Step
) -> Turn:
    lease, state = new_id(), "posted" if transfer.state == "intent" else transfer.state
    await session.execute(
        update(PayoutTransfer)
        .where(PayoutTransfer.id == transfer.id)
        .values(
            state=state,
            lease=lease,
            leased_until=func.now() + records.LEASE,
            last_attempt_at=func.now(),
            attempts=PayoutTransfer.attempts + 1,
            # By the first attempt: a key's life isn't prolonged by using it.
            first_posted_at=func.now() if transfer.state == "intent" else transfer.first_posted_at,
        )
        .execution_options(synchronize_session=False)
    )
    mode = await session.scalar(select(PayoutRun.mode).where(PayoutRun.id == payout.run_id))
    order = Order(
        tenant_id=payout.tenant_id,
        payout_id=payout.id,
        amount=transfer.amount,
        currency=payout.currency,
        destination=transfer.destination,
        key=transfer.idempotency_key,
        generation=transfer.generation,
        lease=lease,
        attempt=transfer.attempts + 1,
        mode=mode or "selfhost",
    )
    return Turn(order, step, monotonic())


async def _ask(stripe: Stripe, turn: Turn) -> Finding:
    """What Stripe says; no transaction is open meanwhile."""
    try:
        if turn.step != "post":
            return await _looked(stripe, turn)
        return await _posted(stripe, turn)
    except Refused as problem:
        return Finding("refused", code=problem.code, reason=problem.reason)
    except Unclear as problem:
        return Finding("unclear", reason=problem.reason)


async def _looked(stripe: Stripe, turn: Turn) -> Finding:
    found = await transfers.of_payout(stripe, turn.order.payout_id)
    if turn.step == "peek" and not found:
        raise Unclear("Stripe has no such transfer yet")
    return Finding.of(turn.order, found)


async def _posted(stripe: Stripe, turn: Turn) -> Finding:
    order = turn.order
    if order.generation and (found := await transfers.of_payout(stripe, order.payout_id)):
        # An earlier attempt has arrived since somebody decided that there was none; or this one.
        return Finding.of(order, found)
    if monotonic() - turn.taken_at > LONGEST_PAUSE:
        raise Unclear("the worker was asleep for too long to send")
    made = await transfers.create(stripe, order)
    if order.generation:
        return Finding.of(order, await transfers.of_payout(stripe, order.payout_id))
    if order.attempt > 1:
        # This may be the first answer again, from before somebody reversed the transfer.
        made = await transfers.read(stripe, made.id)
    return Finding.of(order, [made])
