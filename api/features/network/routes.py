"""The addresses of the connection to the network."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.errors import InvalidBody
from api.features.network import service
from api.features.network.errors import (
    AdminEmailUnresolvable,
    AdminPathRejected,
    AdminTokenNotConfigured,
    NetworkSignupFailed,
    NetworkTenantNotFound,
    NetworkUrlNotConfigured,
    NetworkVerifyFailed,
    SessionAdminRequired,
    WearsItsOwnName,
)
from api.features.network.membership import membership_of
from api.features.network.place import Place
from api.features.network.schemas import (
    ConnectComplete,
    ConnectCompleted,
    ConnectStart,
    ConnectStarted,
    Disconnected,
    Enrolled,
    NetworkChange,
    NetworkOut,
)
from api.web.destinations import UrlRefused, refuse_url
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(prefix="/config/network", tags=["Network"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.NETWORK_READ)]
Writer = Annotated[Caller, needs(Permission.NETWORK_WRITE)]
Joiner = Annotated[Caller, needs(Permission.NETWORK_WRITE, apart=True)]


@router.get("")
async def get_network(_: Reader, session: Session, request: Request) -> NetworkOut:
    """Whether this workspace is connected to a network, and to which."""
    return service.show(request.state.settings, await membership_of(session))


@router.post("", responses=problems(InvalidBody, UrlRefused, WearsItsOwnName))
async def change_network(
    wanted: NetworkChange, _: Writer, session: Session, request: Request
) -> NetworkOut:
    """Pause or resume the connection, or enter one by hand."""
    if wanted.network_url:
        refuse_url(request, wanted.network_url)
    state = request.state
    changed = await service.change(session, state.settings, state.tenant_id, wanted)
    return service.show(state.settings, changed)


@router.delete("")
async def leave_network(_: Joiner, request: Request) -> Disconnected:
    """Leave: its key is revoked and its token forgotten, whether it answers or not."""
    return await service.disconnect(Place.of(request))


@router.post(
    "/start-connect",
    status_code=202,
    responses=problems(
        NetworkUrlNotConfigured,
        NetworkSignupFailed,
        AdminEmailUnresolvable,
        InvalidBody,
        UrlRefused,
        WearsItsOwnName,
    ),
)
async def start_network_connection(
    joiner: Joiner, request: Request, wanted: ConnectStart | None = None
) -> ConnectStarted:
    """Introduce this workspace to the network, which then writes to the contact."""
    introduced = await service.start(Place.of(request), joiner, wanted or ConnectStart())
    return ConnectStarted.model_validate(introduced)


@router.post(
    "/auto-enroll",
    responses=problems(
        NetworkUrlNotConfigured, AdminTokenNotConfigured, SessionAdminRequired,
        AdminEmailUnresolvable, NetworkTenantNotFound, NetworkSignupFailed, AdminPathRejected,
        WearsItsOwnName,
    ),
)  # fmt: skip
async def enroll_in_network(joiner: Joiner, request: Request) -> Enrolled:
    """Connect at once, where the operator runs the network too."""
    introduced = await service.enroll_with_key(Place.of(request), joiner)
    return Enrolled(ok=True, vendor_id=introduced.vendor_id)


@router.post(
    "/complete-connect",
    responses=problems(NetworkUrlNotConfigured, NetworkVerifyFailed, WearsItsOwnName),
)
async def complete_network_connection(
    wanted: ConnectComplete, _: Joiner, request: Request
) -> ConnectCompleted:
    """Connect, with the token of the link in the network's mail."""
    return await service.complete(Place.of(request), wanted.ntoken.get_secret_value())
