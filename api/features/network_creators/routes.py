"""The addresses by which partners take part in the network: each passes on what it answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.network.for_others import CALLED, NetworkId, OnceHeader, Place, relay
from api.features.network_creators.errors import PartnerOnly
from api.features.network_creators.schemas import Application, CreatorChange
from api.outside.network import below
from api.web.problems import problems

router = APIRouter(prefix="/network", tags=["Network"], route_class=RememberingRoute)
Browser = Annotated[Caller, needs(Permission.NETWORK_BROWSE, apart=True)]
Creator = Annotated[Caller, needs(Permission.NETWORK_PARTICIPATE, apart=True)]
Upstream = dict[str, Any]

PASSED_ON = problems(*CALLED)
FOR_PARTNERS = problems(*CALLED, PartnerOnly)


def acting(caller: Caller) -> UUID:
    """Raises PartnerOnly for an admin, behind whom there is no creator."""
    if caller.partner_id is None:
        raise PartnerOnly
    return caller.partner_id


@router.get("/discover", responses=PASSED_ON)
async def discover_offerings(
    caller: Browser,
    request: Request,
    q: Annotated[str | None, Query(max_length=200, description="Words to look for.")] = None,
    sort: Annotated[
        Literal["newest", "popular"] | None, Query(description="Which come first.")
    ] = None,
) -> Upstream:
    """What the network's brands offer."""
    query = {name: value for name, value in (("q", q), ("sort", sort)) if value}
    return await relay(
        Place.of(request), "GET", "/offerings", query=query, acting_for=caller.partner_id
    )


@router.get("/offerings/{id}", responses=PASSED_ON)
async def get_offering(id: NetworkId, caller: Browser, request: Request) -> Upstream:
    """One offering, of whichever brand."""
    path = below("offerings", id)
    return await relay(Place.of(request), "GET", path, acting_for=caller.partner_id)


@router.get("/vendors/{id}", responses=PASSED_ON)
async def get_vendor(id: NetworkId, caller: Browser, request: Request) -> Upstream:
    """One brand, and what it offers."""
    path = below("vendors", id)
    return await relay(Place.of(request), "GET", path, acting_for=caller.partner_id)


@router.post("/offerings/{id}/apply", status_code=201, responses=FOR_PARTNERS)
async def apply_to_offering(
    id: NetworkId,
    creator: Creator,
    request: Request,
    wanted: Application | None = None,
    once: OnceHeader = None,
) -> Upstream:
    """Ask a brand to become its partner."""
    body = (wanted or Application()).model_dump(mode="json", by_alias=True, exclude_unset=True)
    path = below("offerings", id, "apply")
    partner = acting(creator)
    return await relay(Place.of(request), "POST", path, body, acting_for=partner, once=once)


@router.get("/me/affiliations", responses=FOR_PARTNERS)
async def list_affiliations(creator: Creator, request: Request) -> Upstream:
    """The brands whose partner this creator is."""
    partner = acting(creator)
    return await relay(Place.of(request), "GET", "/creators/me/affiliations", acting_for=partner)


@router.get("/me/affiliations/{id}/earnings", responses=FOR_PARTNERS)
async def get_affiliation_earnings(id: NetworkId, creator: Creator, request: Request) -> Upstream:
    """What this creator earned with one of them."""
    path = below("creators", "me", "affiliations", id, "earnings")
    return await relay(Place.of(request), "GET", path, acting_for=acting(creator))


@router.get("/me/requests", responses=FOR_PARTNERS)
async def list_requests(creator: Creator, request: Request) -> Upstream:
    """What this creator asked for, and what became of it."""
    partner = acting(creator)
    return await relay(Place.of(request), "GET", "/creators/me/requests", acting_for=partner)


@router.post("/me/requests/{id}/cancel", responses=FOR_PARTNERS)
async def cancel_request(
    id: NetworkId, creator: Creator, request: Request, once: OnceHeader = None
) -> Upstream:
    """Take a request back that nobody has decided on."""
    path = below("creators", "me", "requests", id, "cancel")
    partner = acting(creator)
    return await relay(Place.of(request), "POST", path, {}, acting_for=partner, once=once)


@router.get("/me/profile", responses=FOR_PARTNERS)
async def get_creator_profile(creator: Creator, request: Request) -> Upstream:
    """How brands see this creator."""
    return await relay(Place.of(request), "GET", "/creators/me", acting_for=acting(creator))


@router.patch("/me/profile", responses=FOR_PARTNERS)
async def change_creator_profile(
    wanted: CreatorChange, creator: Creator, request: Request
) -> Upstream:
    """Change how brands see this creator."""
    body = wanted.model_dump(mode="json", by_alias=True, exclude_unset=True)
    partner = acting(creator)
    return await relay(Place.of(request), "PATCH", "/creators/me", body, acting_for=partner)
