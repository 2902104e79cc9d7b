"""The addresses of commissions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.access.caller import Caller
from api.access.idempotency import ONCE, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.commissions import service
from api.features.commissions.errors import (
    CommissionNotFound,
    HoldbackActive,
    InTransfer,
    NotApprovable,
    NotReversible,
)
from api.features.commissions.queries import commissions_shown
from api.features.commissions.schemas import (
    CommissionChanged,
    CommissionList,
    CommissionReverse,
    CommissionsApprove,
    CommissionsApproved,
    CommissionStatus,
)
from api.features.partners.for_others import UnknownPartner, partner_of
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.commission import Commission

router = APIRouter(tags=["Commissions"], route_class=RememberingRoute)
Lister = Annotated[Caller, needs(Permission.COMMISSIONS_LIST)]
Reader = Annotated[Caller, owns(Permission.COMMISSIONS_READ)]
Reviewer = Annotated[Caller, needs(Permission.COMMISSIONS_REVIEW)]
Status = Annotated[CommissionStatus | None, Query(description="Only those in this state.")]


@router.get("/commissions", responses=problems(InvalidCursor))
async def list_commissions(
    _: Lister,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    status: Status = None,
) -> CommissionList:
    """Everybody's commissions, newest first."""
    query = commissions_shown()
    if status is not None:
        query = query.where(Commission.status == status)
    rows, following = await fetch_page(session, query, Commission, wanted)
    return CommissionList(commissions=[service.show(row) for row in rows], next_cursor=following)


@router.get("/partners/{id}/commissions", responses=problems(InvalidCursor, UnknownPartner))
async def list_partner_commissions(
    id: UUID,
    caller: Reader,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    status: Status = None,
) -> CommissionList:
    """One partner's commissions, newest first; partners see their own."""
    await partner_of(session, id)
    query = commissions_shown().where(Commission.partner_id == id)
    if status is not None:
        query = query.where(Commission.status == status)
    rows, following = await fetch_page(session, query, Commission, wanted)
    to_partner = caller.role == "partner"
    return CommissionList(
        commissions=[service.show(row, to_partner=to_partner) for row in rows],
        next_cursor=following,
    )


@router.post(
    "/commissions/{id}/approve",
    dependencies=[ONCE],
    responses=problems(CommissionNotFound, HoldbackActive, NotApprovable, StillRunning, KeyReused),
)
async def approve_commission(id: UUID, _: Reviewer, session: Session) -> CommissionChanged:
    """Let a commission into the next payout, once its holdback is over."""
    return CommissionChanged(commission=await service.approve(session, id))


@router.post(
    "/commissions/{id}/reverse",
    dependencies=[ONCE],
    responses=problems(CommissionNotFound, InTransfer, NotReversible, StillRunning, KeyReused),
)
async def reverse_commission(
    id: UUID, _: Reviewer, session: Session, wanted: CommissionReverse | None = None
) -> CommissionChanged:
    """Take back a commission that no payout has claimed; what was paid is corrected by an adjustment."""
    reason = wanted.reason if wanted else None
    return CommissionChanged(commission=await service.reverse(session, id, reason))


@router.post(
    "/commissions/approve", dependencies=[ONCE], responses=problems(StillRunning, KeyReused)
)
async def approve_commissions(
    wanted: CommissionsApprove, _: Reviewer, session: Session
) -> CommissionsApproved:
    """Let many commissions into the next payout at once; says which it couldn't, and why."""
    return await service.approve_several(session, wanted.ids)
