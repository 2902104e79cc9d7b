"""The addresses of what a brand does at the network: each passes on what the network answers."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from api.access.caller import Caller
from api.access.gate import TrialExpired
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.network.for_others import CALLED, NetworkId, OnceHeader, Place, relay
from api.features.network_offerings.schemas import (
    BillingCheckout,
    BillingPortal,
    Count,
    OfferingChange,
    OfferingCreate,
    Text,
)
from api.outside.network import below
from api.web.problems import problems

router = APIRouter(prefix="/admin/network", tags=["Network"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.NETWORK_READ, apart=True)]
Writer = Annotated[Caller, needs(Permission.NETWORK_WRITE, apart=True)]
Maker = Annotated[Caller, needs(Permission.NETWORK_WRITE, apart=True, gate="makes")]
Upstream = dict[str, Any]

PASSED_ON = problems(*CALLED)


def sent(wanted: BaseModel) -> Upstream:
    """What was named, as it is passed on."""
    return wanted.model_dump(mode="json", by_alias=True, exclude_unset=True)


@router.get("/me", responses=PASSED_ON)
async def get_network_vendor(_: Reader, request: Request) -> Upstream:
    """What the network knows of this workspace."""
    return await relay(Place.of(request), "GET", "/vendors/me")


@router.get("/offerings", responses=PASSED_ON)
async def list_network_offerings(_: Reader, request: Request) -> Upstream:
    """The workspace's offerings, unpublished ones too."""
    return await relay(Place.of(request), "GET", "/vendors/me/offerings")


@router.post("/offerings", status_code=201, responses=problems(*CALLED, TrialExpired))
async def create_network_offering(
    wanted: OfferingCreate, _: Maker, request: Request, once: OnceHeader = None
) -> Upstream:
    """Offer a campaign to the network's creators."""
    path = "/vendors/me/offerings"
    return await relay(Place.of(request), "POST", path, sent(wanted), once=once)


@router.patch("/offerings/{id}", responses=PASSED_ON)
async def change_network_offering(
    id: NetworkId, wanted: OfferingChange, _: Writer, request: Request
) -> Upstream:
    """Change an offering, publish it or take it back."""
    path = below("vendors", "me", "offerings", id)
    return await relay(Place.of(request), "PATCH", path, sent(wanted))


@router.delete("/offerings/{id}", responses=PASSED_ON)
async def delete_network_offering(id: NetworkId, _: Writer, request: Request) -> Upstream:
    """Take an offering away; partnerships that came of it go on."""
    return await relay(Place.of(request), "DELETE", below("vendors", "me", "offerings", id))


class CreatorSearch(BaseModel):
    """What creators are looked for by."""

    model_config = {"extra": "forbid"}

    q: Text | None = None
    categories: Text | None = None
    platforms: Text | None = None
    locations: Text | None = None
    min_followers: Annotated[Count | None, Field(alias="minFollowers")] = None
    min_revenue_90d: Annotated[Count | None, Field(alias="minRevenue90d")] = None
    sort: Literal["newest", "popular", "followers", "revenue"] | None = None


@router.get("/discover/creators", responses=PASSED_ON)
async def discover_network_creators(
    _: Reader, request: Request, search: Annotated[CreatorSearch, Query()]
) -> Upstream:
    """Creators whom a brand might like to work with."""
    named = search.model_dump(mode="json", by_alias=True, exclude_none=True)
    query = {name: str(value) for name, value in named.items()}
    return await relay(Place.of(request), "GET", "/vendors/me/discover/creators", query=query)


@router.get("/billing", responses=PASSED_ON)
async def get_network_billing(_: Reader, request: Request) -> Upstream:
    """What the workspace owes the network."""
    return await relay(Place.of(request), "GET", "/vendors/me/billing")


@router.post("/billing/checkout", responses=PASSED_ON)
async def start_network_checkout(
    wanted: BillingCheckout, _: Writer, request: Request, once: OnceHeader = None
) -> Upstream:
    """Where to pay the network."""
    path = "/vendors/me/billing/checkout"
    return await relay(Place.of(request), "POST", path, sent(wanted), once=once)


@router.post("/billing/portal", responses=PASSED_ON)
async def open_network_billing(
    wanted: BillingPortal, _: Writer, request: Request, once: OnceHeader = None
) -> Upstream:
    """Where to change how the network is paid."""
    path = "/vendors/me/billing/portal"
    return await relay(Place.of(request), "POST", path, sent(wanted), once=once)
