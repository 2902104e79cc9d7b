"""The addresses at which merchants say what became of their visitors."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access.caller import Caller
from api.access.idempotency import ONCE, KeyReused, RememberingRoute, StillRunning
from api.access.needs import caller, needs
from api.access.permissions import Permission
from api.errors import Unauthorized
from api.features.conversions import service
from api.features.conversions.errors import (
    ClickNotFound,
    ExternalIdReused,
    RefundCurrencyMismatch,
)
from api.features.conversions.schemas import EventReport, Identified, Identify, Reported
from api.web.problems import problems
from api.web.rate_limits import limited
from api.web.tenancy import bearer_of
from api.web.transaction import IN_USE, Session


async def trusted(request: Request, session: Session) -> bool:
    """Whether whoever calls has a key that may identify; browsers have none, and needn't."""
    if not bearer_of(request):
        return False
    try:
        known = await caller(request, session, None, None)
    except Unauthorized:
        return False
    return Permission.IDENTITIES_WRITE in known.permissions


router = APIRouter(tags=["Attribution"], route_class=RememberingRoute)
Reporter = Annotated[Caller, needs(Permission.EVENTS_WRITE)]


@router.post(
    "/attribution/identify",
    dependencies=[limited("identify", "120/minute", unless_by_key=True), IN_USE],
    responses=problems(ClickNotFound, Unauthorized),
)
async def identify_customer(
    wanted: Identify, session: Session, request: Request, trusts: Annotated[bool, Depends(trusted)]
) -> Identified:
    """Say which customer a click became. Open to every browser; saying it twice changes nothing.

    Of campaigns with `identifyRequiresKey`, a browser only proposes. A click of the last 24 hours that
    isn't recorded yet is `pending`: what it became is kept, and follows when it arrives.
    """
    return await service.identify_or_wait(session, wanted, request.state.settings, trusted=trusts)


@router.post(
    "/attribution/events",
    dependencies=[ONCE],
    responses=problems(ExternalIdReused, RefundCurrencyMismatch, KeyReused, StillRunning),
)
async def report_event(wanted: EventReport, _: Reporter, session: Session) -> Reported:
    """Say what a customer did; answers who is credited for it."""
    return await service.report(session, wanted)
