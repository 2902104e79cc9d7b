"""A run: intents are frozen and commissions claimed before anything is sent anywhere."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.for_others import claim
from api.features.notices.for_others import PayoutCreated, publish
from api.features.payout_settings.for_others import read
from api.features.payouts import queries
from api.features.payouts.amounts import in_stripes_units
from api.features.payouts.errors import ConnectUnfunded, PayoutsFrozen, PreviewOutdated
from api.features.payouts.planning import LeftOut, Payment, Plan, look
from api.features.payouts.rails import REASONS, Means
from api.features.payouts.records import note
from api.features.payouts.schemas import (
    Mode,
    PayoutLeftOut,
    PayoutPlanned,
    PayoutPreview,
    PayoutPreviewed,
    PayoutRunOut,
)
from api.features.payouts.transfers import key_of
from api.jobs.enqueue import enqueue
from shared.ids import new_id
from shared.models.payout import Payout
from shared.models.payout_run import PayoutRun
from shared.models.payout_transfer import PayoutTransfer
from shared.money import to_major

SEND, AGAIN = "payouts.send", "payouts.again"


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts a run: `person` is the admin behind a key or a session, where there is one."""

    actor: str
    person: UUID | None = None


async def preview(session: AsyncSession, mode: Mode, means: Means) -> PayoutPreview:
    """What a run would do now; nothing is changed."""
    settings = await read(session)
    plan = await look(session, settings, means)
    return PayoutPreview(
        preview=plan.fingerprint,
        mode=mode,
        frozen=settings.frozen,
        payouts=[_previewed(payment, mode) for payment in plan.payments],
        skipped=_left_out(plan, blocked=False),
        blocked=_left_out(plan, blocked=True),
    )


async def run(
    session: AsyncSession, mode: Mode, means: Means, starter: Starter, preview: str | None = None
) -> PayoutRunOut:
    """Makes the payouts that `preview` shows, pending until their money has moved.

    Being revoked stops a partner from earning more, not from being paid what they had earned.
    """
    settings = await read(session)
    if settings.frozen:
        raise PayoutsFrozen
    # Whoever asks for it hears so at once; the schedule keeps it as each partner's reason.
    if starter.actor != queries.SCHEDULE and settings.rail == "stripe_connect" and not means.funded:
        raise ConnectUnfunded
    plan = await look(session, settings, means)
    if preview is not None and preview != plan.fingerprint:
        raise PreviewOutdated
    run = PayoutRun(
        id=new_id(),
        actor=starter.actor,
        person=starter.person,
        mode=mode,
        left_out=[_kept(each) for each in plan.left_out],
    )
    session.add(run)
    made = [(_payout(payment, run.id, mode), payment) for payment in plan.payments]
    await _write(session, made, starter)
    return PayoutRunOut(
        run_id=run.id,
        mode=mode,
        payouts=[_planned(payout) for payout, _ in made],
        skipped=_left_out(plan, blocked=False),
        blocked=_left_out(plan, blocked=True),
        skipped_below_threshold=sum(one.reason == "below_threshold" for one in plan.left_out),
    )


async def again(session: AsyncSession, mode: Mode, means: Means, payout_id: UUID) -> None:
    """A canceled payout's partner and currency once more, as things are now; nothing if it can't be.

    What can't be paid now shows up in the next run, with its reason.
    """
    settings = await read(session)
    before = await session.scalar(select(Payout).where(Payout.id == payout_id))
    if before is None or settings.frozen:
        return
    plan = await look(session, settings, means)
    made = [
        (_payout(payment, before.run_id, mode), payment)
        for payment in plan.payments
        if (payment.payable.partner_id, payment.payable.currency)
        == (before.partner_id, before.currency)
    ]
    await _write(session, made, Starter("worker"))


async def _write(
    session: AsyncSession, made: list[tuple[Payout, Payment]], starter: Starter
) -> None:
    session.add_all([payout for payout, _ in made])
    await session.flush()
    await claim(session, {payout.id: each.payable for payout, each in made})
    for payout, payment in made:
        note(
            session, payout.id, starter.actor, "planned", method=payment.method,
            amount=to_major(payout.amount_minor, payout.currency), currency=payout.currency,
            approval=payout.approval if payout.approval != "none" else None,
        )  # fmt: skip
        if payment.destination is not None:
            session.add(
                PayoutTransfer(
                    payout_id=payout.id,
                    destination=payment.destination,
                    amount=in_stripes_units(payout.amount_minor, payout.currency),
                    idempotency_key=key_of(payout.id, 0),
                )
            )
            await enqueue(session, SEND, payout_id=str(payout.id))
    await publish(session, [_news(payout, payment) for payout, payment in made])


def _payout(payment: Payment, run_id: UUID, mode: Mode) -> Payout:
    payable = payment.payable
    details: dict[str, Any] = {
        "runId": str(run_id),
        "commissionCount": len(payable.commission_ids),
    }
    if (fee := payment.fee(mode)) is not None:
        details["platformFee"] = to_major(fee, payable.currency)
    if payment.carried_minor:
        details["carried"] = to_major(payment.carried_minor, payable.currency)
    return Payout(
        id=new_id(),
        run_id=run_id,
        partner_id=payable.partner_id,
        amount_minor=payment.amount_minor,
        currency=payable.currency,
        carried_minor=payment.carried_minor,
        method=payment.method,
        approval="wanted" if payment.needs_approval else "none",
        details=details,
    )


def _news(payout: Payout, payment: Payment) -> PayoutCreated:
    return PayoutCreated(
        payout_id=payout.id,
        partner_id=payout.partner_id,
        amount=to_major(payout.amount_minor, payout.currency),
        currency=payout.currency,
        method=payout.method,
        commission_ids=list(payment.payable.commission_ids),
        platform_fee=payout.details.get("platformFee"),
    )


def _planned(payout: Payout) -> PayoutPlanned:
    return PayoutPlanned.model_validate(
        {
            "payout_id": payout.id,
            "partner_id": payout.partner_id,
            "amount": to_major(payout.amount_minor, payout.currency),
            "currency": payout.currency,
            "method": payout.method,
            "status": payout.status,
            "platform_fee": payout.details.get("platformFee"),
            "carried": payout.details.get("carried"),
            "approval": payout.approval,
            "error": None,
        }
    )


def _previewed(payment: Payment, mode: Mode) -> PayoutPreviewed:
    payable = payment.payable
    fee = payment.fee(mode)
    return PayoutPreviewed.model_validate(
        {
            "partner_id": payable.partner_id,
            "partner_name": payment.name,
            "amount": to_major(payment.amount_minor, payable.currency),
            "currency": payable.currency,
            "method": payment.method,
            "commission_count": len(payable.commission_ids),
            "platform_fee": None if fee is None else to_major(fee, payable.currency),
            "carried": to_major(payment.carried_minor, payable.currency)
            if payment.carried_minor
            else None,
            "approval": "wanted" if payment.needs_approval else "none",
        }
    )


def _kept(one: LeftOut) -> dict[str, Any]:
    return {
        "partnerId": str(one.partner_id),
        "partnerName": one.name,
        "currency": one.currency,
        "amount": to_major(one.amount_minor, one.currency),
        "reason": one.reason,
    }


def _left_out(plan: Plan, *, blocked: bool) -> list[PayoutLeftOut]:
    return [left_out_of(_kept(one)) for one in plan.left_out if one.is_blocked is blocked]


def left_out_of(kept: dict[str, Any]) -> PayoutLeftOut:
    """A line of `payout_runs.left_out` as the wire shows it."""
    told = REASONS.get(kept["reason"], "")
    return PayoutLeftOut.model_validate({
        "partner_id": kept["partnerId"], "partner_name": kept["partnerName"],
        "amount": kept["amount"], "currency": kept["currency"], "reason": kept["reason"],
        "explanation": told,
    })  # fmt: skip
