"""The addresses of adjustments, and of refunds and disputes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select

from api.access.caller import Caller
from api.access.idempotency import ONCE_FOR_EVER, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.corrections import giving, listing
from api.features.corrections.errors import AdjustmentKeyReused, NothingOwed
from api.features.corrections.schemas import (
    AdjustmentList,
    AdjustmentMade,
    AdjustmentNew,
    CorrectionList,
    CorrectionState,
)
from api.features.partners.for_others import UnknownPartner, partner_of
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.adjustment import Adjustment
from shared.models.correction import Correction

router = APIRouter(tags=["Ledger"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.LEDGER_READ)]
Giver = Annotated[Caller, needs(Permission.ADJUSTMENTS_WRITE)]
Inspector = Annotated[Caller, needs(Permission.CORRECTIONS_READ)]


@router.post(
    "/partners/{id}/adjustments",
    status_code=201,
    dependencies=[ONCE_FOR_EVER],
    responses=problems(UnknownPartner, AdjustmentKeyReused, NothingOwed, StillRunning, KeyReused),
)
async def create_adjustment(
    id: UUID, caller: Giver, session: Session, wanted: AdjustmentNew
) -> AdjustmentMade:
    """Give a partner a bonus, put something right, or forgive what they owe, in the next payout."""
    await partner_of(session, id)
    return AdjustmentMade(adjustment=await giving.give(session, id, wanted, caller.principal))


@router.get("/partners/{id}/adjustments", responses=problems(InvalidCursor, UnknownPartner))
async def list_partner_adjustments(
    id: UUID, _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> AdjustmentList:
    """What a partner got or owes besides commissions, newest first; partners see their own."""
    await partner_of(session, id)
    query = select(Adjustment).where(Adjustment.partner_id == id, Adjustment.folded_at.is_(None))
    rows, following = await fetch_page(session, query, Adjustment, wanted)
    return AdjustmentList(adjustments=[giving.show(row) for (row,) in rows], next_cursor=following)


@router.get("/corrections", responses=problems(InvalidCursor))
async def list_corrections(
    _: Inspector,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    state: Annotated[CorrectionState | None, Query(description="Only those in this state.")] = None,
) -> CorrectionList:
    """Refunds and disputes, newest first, and which of them wait for a sale that we don't know."""
    query = listing.corrections_shown(state)
    rows, following = await fetch_page(session, query, Correction, wanted)
    return CorrectionList(corrections=[listing.show(row) for row in rows], next_cursor=following)
