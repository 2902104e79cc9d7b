"""The addresses at which merchants say what became of their visitors."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.access.caller import Caller
from api.access.idempotency import ONCE, KeyReused, RememberingRoute, StillRunning
from api.access.needs import caller, needs
from api.access.permissions import Permission
from api.errors import Unauthorized
from api.features.conversions import service, waiting
from api.features.conversions.errors import (
    ClickNotFound,
    ExternalIdReused,
    RefundCurrencyMismatch,
)
from api.features.conversions.schemas import EventReport, Identified, Identify, Reported
from api.web.problems import answer, problems
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
    response_model=Identified,
)
async def identify_customer(
    wanted: Identify, session: Session, request: Request, trusts: Annotated[bool, Depends(trusted)]
) -> Identified | Response:
    """Say which customer a click became. Open to every browser; saying it twice changes nothing.

    Of campaigns with `identifyRequiresKey`, a browser only proposes. `click_not_found` with `pending`
    is about a click of the last 24 hours: if it arrives yet, what it became follows by itself.
    """
    try:
        return await service.identify(session, wanted, request.state.settings, trusted=trusts)
    except ClickNotFound:
        if not await waiting.wait(session, wanted, trusted=trusts):
            raise
    # Answered, not raised: what was kept is committed.
    return answer(ClickNotFound(pending=True))


@router.post(
    "/attribution/events",
    dependencies=[ONCE],
    responses=problems(ExternalIdReused, RefundCurrencyMismatch, KeyReused, StillRunning),
)
async def report_event(wanted: EventReport, _: Reporter, session: Session) -> Reported:
    """Say what a customer did; answers who is credited for it."""
    return await service.report(session, wanted)
