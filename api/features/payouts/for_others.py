"""Payouts, for the feature that hears from Stripe."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payouts.transfers import PAYOUT
from api.jobs.enqueue import enqueue
from shared.models.payout import Payout

CHECK = "payouts.check"


async def transfer_changed(session: AsyncSession, transfer: Mapping[str, Any]) -> bool:
    """For every `transfer.*` event: whether it is one of ours, which is then looked at.

    What the event says isn't believed, only that something happened: a job reads the transfer as it
    is, so events may come late, twice, or in any order.
    """
    named = str((transfer.get("metadata") or {}).get(PAYOUT, ""))
    payout_id = await session.scalar(
        select(Payout.id).where(
            or_(Payout.stripe_transfer_id == transfer.get("id"), Payout.id == _uuid(named))
        )
    )
    if payout_id is None:
        return False
    await enqueue(session, CHECK, payout_id=str(payout_id))
    return True


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


__all__ = ["transfer_changed"]
