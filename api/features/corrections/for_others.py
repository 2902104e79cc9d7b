"""Corrections, for the features that hear of refunds and disputes, and those that give or take."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.corrections.reports import (
    Adjustment,
    Amount,
    Outcome,
    Payment,
    RefundStatus,
    Reported,
)
from api.features.corrections.service import (
    adjust,
    catch_up,
    lock_payment,
    name_payment,
    parts_of,
    report,
    rescale,
    returned_parts,
)

__all__ = [
    "Adjustment",
    "Amount",
    "Outcome",
    "Payment",
    "adjust",
    "catch_up",
    "dispute_lost",
    "dispute_opened",
    "dispute_won",
    "lock_payment",
    "name_payment",
    "parts_of",
    "refund",
    "refunded_in_total",
    "rescale",
    "returned_parts",
]


async def refund(
    session: AsyncSession,
    payment: Payment,
    refund_id: str,
    amount: Amount | None = None,
    *,
    status: RefundStatus = "succeeded",
    ts: datetime | None = None,
) -> Outcome:
    """One refund of a payment, of all of it without an amount; `failed` gives it back for good.

    Idempotent by `refund_id` and status, in any order, before or after the sale, its payout, and
    other refunds.
    """
    return await report(session, Reported(payment, "refund", refund_id, status, amount, ts))


async def refunded_in_total(
    session: AsyncSession, payment: Payment, charge_id: str, amount: Amount
) -> Outcome:
    """How much of a charge was refunded by now, where single refunds aren't told, or also are."""
    key = f"{charge_id}:{amount.minor}"
    return await report(session, Reported(payment, "refund_total", key, "succeeded", amount))


async def dispute_opened(
    session: AsyncSession,
    payment: Payment,
    dispute_id: str,
    amount: Amount | None = None,
    *,
    ts: datetime | None = None,
) -> Outcome:
    """Holds what the disputed part has earned until the dispute ends."""
    return await report(session, Reported(payment, "dispute", dispute_id, "open", amount, ts))


async def dispute_lost(
    session: AsyncSession,
    payment: Payment,
    dispute_id: str,
    amount: Amount | None = None,
    *,
    ts: datetime | None = None,
) -> Outcome:
    """Claws back what the disputed part has earned, like a refund."""
    return await report(session, Reported(payment, "dispute", dispute_id, "lost", amount, ts))


async def dispute_won(
    session: AsyncSession,
    payment: Payment,
    dispute_id: str,
    amount: Amount | None = None,
    *,
    ts: datetime | None = None,
) -> Outcome:
    """Releases what was held; if it was lost first, gives it back."""
    return await report(session, Reported(payment, "dispute", dispute_id, "won", amount, ts))
