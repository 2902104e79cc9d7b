"""The address at which shops tell that a coupon was used."""

from typing import Annotated

from fastapi import APIRouter, Response

from api.access.caller import Caller
from api.access.idempotency import ONCE, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.coupons.for_others import CouponNotFound
from api.features.redemptions import service
from api.features.redemptions.schemas import Redeem, Redeemed
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(tags=["Coupons"], route_class=RememberingRoute)
Reporter = Annotated[Caller, needs(Permission.EVENTS_WRITE)]


@router.post(
    "/coupons/redeem",
    status_code=201,
    dependencies=[ONCE],
    responses={
        200: {"model": Redeemed, "description": "The event was known already."},
        **problems(CouponNotFound, KeyReused, StillRunning),
    },
)
async def redeem_coupon(
    wanted: Redeem, _: Reporter, session: Session, response: Response
) -> Redeemed:
    """Report an order at which a coupon was used; its partner is credited without a click."""
    redeemed = await service.redeem(session, wanted)
    if redeemed.replayed:
        response.status_code = 200
    return redeemed
