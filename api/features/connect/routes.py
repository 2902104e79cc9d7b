"""The addresses of Stripe Connect."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import owns
from api.access.permissions import Permission
from api.features.connect import service
from api.features.connect.schemas import ConnectStart, ConnectStarted, ConnectStatus
from api.features.partners.for_others import UnknownPartner
from api.outside.stripe import Ambiguous, Declined, NoSuchObject, NotConfigured, StripeFailure
from api.web.problems import problems

router = APIRouter(prefix="/partners/{id}/connect", tags=["Payouts"], route_class=RememberingRoute)
Starter = Annotated[Caller, owns(Permission.CONNECT_START, apart=True)]
Reader = Annotated[Caller, owns(Permission.CONNECT_READ, apart=True)]
STRIPES = (NotConfigured, StripeFailure, Declined, NoSuchObject, Ambiguous)


@router.post("/start", responses=problems(UnknownPartner, *STRIPES))
async def start_connect(
    id: UUID, wanted: ConnectStart, _: Starter, request: Request
) -> ConnectStarted:
    """Begin to connect a partner's Stripe account, or go on with it."""
    state = request.state
    return await service.start(state.database, state.stripe, state.tenant_id, id, wanted)


@router.get(
    "/status", responses=problems(UnknownPartner, *STRIPES), response_model_exclude_none=True
)
async def get_connect_status(id: UUID, _: Reader, request: Request) -> ConnectStatus:
    """Whether a partner can be paid through Stripe, as Stripe says at this moment."""
    state = request.state
    return await service.status(state.database, state.stripe, state.tenant_id, id)
