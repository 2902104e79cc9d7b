"""The addresses of payouts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from api.access.caller import Caller
from api.access.idempotency import ONCE_FOR_EVER, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.partners.for_others import UnknownPartner, partner_of
from api.features.payouts import service
from api.features.payouts.errors import CommissionSetChanged, NotConfirmable, PayoutNotFound
from api.features.payouts.queries import payouts_of
from api.features.payouts.schemas import PayoutConfirm, PayoutConfirmed, PayoutList, PayoutRun
from api.settings import Settings
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.payout import Payout

router = APIRouter(tags=["Payouts"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.PAYOUTS_READ)]
Runner = Annotated[Caller, needs(Permission.PAYOUTS_RUN)]


@router.post(
    "/payouts/run", dependencies=[ONCE_FOR_EVER], responses=problems(StillRunning, KeyReused)
)
async def run_payouts(_: Runner, session: Session, request: Request) -> PayoutRun:
    """Gather everything approved into payouts, one for each partner and currency."""
    settings: Settings = request.state.settings
    return await service.run(session, settings.openpartner_mode)


@router.post(
    "/payouts/{id}/confirm",
    dependencies=[ONCE_FOR_EVER],
    responses=problems(
        PayoutNotFound, NotConfirmable, CommissionSetChanged, StillRunning, KeyReused
    ),
)
async def confirm_payout(
    id: UUID, _: Runner, session: Session, wanted: PayoutConfirm | None = None
) -> PayoutConfirmed:
    """Say that a payout was paid by hand; its commissions are paid with it."""
    reference = wanted.reference if wanted else None
    return PayoutConfirmed(payout=await service.confirm(session, id, reference))


@router.get("/partners/{id}/payouts", responses=problems(InvalidCursor, UnknownPartner))
async def list_partner_payouts(
    id: UUID, _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> PayoutList:
    """One partner's payouts, newest first; partners see their own."""
    await partner_of(session, id)
    rows, following = await fetch_page(session, payouts_of(id), Payout, wanted)
    return PayoutList(payouts=[service.show(payout) for (payout,) in rows], next_cursor=following)
