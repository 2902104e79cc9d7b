"""Redemptions, for the features through which payment providers tell of discounts."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.redemptions.schemas import Redeem, Redeemed
from api.features.redemptions.service import Occasion, find, redeem, stitched

__all__ = ["Redeem", "Redeemed", "redeem", "stitch"]

STRIPE = "stripe"


async def stitch(
    session: AsyncSession,
    code: str,
    user_id: str,
    ts: datetime,
    *,
    external_id: str,
    payment: str | None = None,
) -> bool:
    """A customer used this promotion code: call it before reporting the event itself.

    `user_id` has to be the one under which the event is reported. `external_id` is the event's own
    at Stripe; the same again counts once. `payment` names the event that follows, as
    `source:external id`, so that locks are taken in the order that refunds take them. False where
    no partner has such a code; anything else about a code is no error either.
    """
    coupon = await find(session, code)
    if coupon is None:
        return False
    await stitched(session, coupon, Occasion(user_id, ts, STRIPE, external_id), payment)
    return True
