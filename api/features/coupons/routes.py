"""The addresses of a partner's coupons."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from api.access.caller import Caller
from api.access.gate import TrialExpired
from api.access.idempotency import ONCE, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.coupons import service
from api.features.coupons.errors import (
    CampaignNotFound,
    CodeTaken,
    CouponNotFound,
    PartnerNotFound,
    VerificationRequired,
)
from api.features.coupons.queries import coupons_of
from api.features.coupons.schemas import CouponCreate, CouponList, CouponOut, CouponWithdrawn
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.coupon import Coupon

router = APIRouter(prefix="/partners/{id}/coupons", tags=["Coupons"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.COUPONS_READ)]
Writer = Annotated[Caller, needs(Permission.COUPONS_WRITE)]
Maker = Annotated[Caller, needs(Permission.COUPONS_WRITE, gate="makes")]


@router.get("", responses=problems(InvalidCursor, PartnerNotFound))
async def list_coupons(
    id: UUID, _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> CouponList:
    """A partner's coupons, newest first, and what came of them lately."""
    await service.refuse_unknown_partner(session, id)
    rows, following = await fetch_page(session, coupons_of(id), Coupon, wanted)
    pairs = [(coupon, redeemed) for coupon, redeemed in rows]
    return CouponList(coupons=await service.show(session, pairs), next_cursor=following)


@router.post(
    "",
    status_code=201,
    dependencies=[ONCE],
    responses=problems(
        PartnerNotFound,
        CampaignNotFound,
        CodeTaken,
        VerificationRequired,
        TrialExpired,
        KeyReused,
        StillRunning,
    ),
)
async def create_coupon(id: UUID, wanted: CouponCreate, _: Maker, session: Session) -> CouponOut:
    """Give a partner a coupon for a campaign that they promote."""
    return await service.create(session, id, wanted)


@router.delete("/{couponId}", responses=problems(CouponNotFound))
async def withdraw_coupon(
    id: UUID,
    couponId: Annotated[str, Path(min_length=1, max_length=64)],  # noqa: N803  # as the contract spells it
    _: Writer,
    session: Session,
) -> CouponWithdrawn:
    """Withdraw a code. It stays taken, since it may be in print; what it has earned stays."""
    await service.withdraw(session, id, couponId)
    return CouponWithdrawn(ok=True)
