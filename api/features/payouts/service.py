"""The rules of payouts: claim what is approved, and call it paid only once somebody says so."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.for_others import Payable, claim, lock_payable, mark_paid
from api.features.notices.for_others import PayoutCreated, publish
from api.features.payouts import queries
from api.features.payouts.errors import CommissionSetChanged, NotConfirmable, PayoutNotFound
from api.features.payouts.schemas import Mode, PayoutOut, PayoutPlanned, PayoutRun
from shared.ids import new_id
from shared.models.payout import Payout
from shared.money import percent_of, to_major

PLATFORM_FEE_PERCENT = Decimal("3.00")


async def run(session: AsyncSession, mode: Mode) -> PayoutRun:
    """Gathers everything approved into payouts, pending until they are confirmed.

    Being revoked stops a partner from earning more, not from being paid what they had earned.
    """
    await session.execute(queries.run_lock())
    run_id = new_id()
    found = await lock_payable(session)
    payouts = [_plan(payable, run_id, mode) for payable in found]
    session.add_all(payouts)
    await session.flush()
    await claim(
        session,
        {payout.id: payable for payout, payable in zip(payouts, found, strict=True)},
    )
    await publish(
        session,
        [_news(payout, payable) for payout, payable in zip(payouts, found, strict=True)],
    )
    return PayoutRun(run_id=run_id, mode=mode, payouts=[_planned(payout) for payout in payouts])


def _plan(payable: Payable, run_id: UUID, mode: Mode) -> Payout:
    details = {"runId": str(run_id), "commissionCount": len(payable.commission_ids)}
    if mode == "revshare":
        # On top of the payout and owed by the brand: the partner gets the whole amount.
        fee = percent_of(payable.amount_minor, PLATFORM_FEE_PERCENT)
        details["platformFee"] = to_major(fee, payable.currency)
    return Payout(
        id=new_id(),
        run_id=run_id,
        partner_id=payable.partner_id,
        amount_minor=payable.amount_minor,
        currency=payable.currency,
        method="manual",
        details=details,
    )


def _news(payout: Payout, payable: Payable) -> PayoutCreated:
    return PayoutCreated(
        payout_id=payout.id,
        partner_id=payout.partner_id,
        amount=to_major(payout.amount_minor, payout.currency),
        currency=payout.currency,
        method=payout.method,
        commission_ids=list(payable.commission_ids),
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
            "error": None,
        }
    )


async def confirm(session: AsyncSession, payout_id: UUID, reference: str | None) -> PayoutOut:
    """The money has moved: the payout is paid, and so are its commissions."""
    noted = {} if reference is None else {"reference": reference}
    payout: Payout | None = await session.scalar(
        queries.confirmation(payout_id, noted).returning(Payout)
    )
    if payout is None:
        if await session.scalar(select(Payout.id).where(Payout.id == payout_id)) is None:
            raise PayoutNotFound
        raise NotConfirmable
    if await mark_paid(session, payout_id) != payout.amount_minor:
        raise CommissionSetChanged
    return show(payout)


def show(payout: Payout) -> PayoutOut:
    """The payout as the wire shows it."""
    return PayoutOut.model_validate(
        {
            "id": payout.id,
            "tenant_id": payout.tenant_id,
            "partner_id": payout.partner_id,
            "run_id": payout.run_id,
            "amount": to_major(payout.amount_minor, payout.currency),
            "currency": payout.currency,
            "method": payout.method,
            "stripe_transfer_id": payout.stripe_transfer_id,
            "status": payout.status,
            "metadata": payout.details,
            "created_at": payout.created_at,
            "completed_at": payout.completed_at,
        }
    )
