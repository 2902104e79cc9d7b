"""The addresses of creators' requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.access.caller import Caller
from api.access.gate import PlanRequired, TrialExpired
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.access.review import BrandPendingReview
from api.features.links.for_others import CampaignNotActive, LinkKeyTaken
from api.features.network.for_others import CALLED, NetworkId, Place, relay
from api.features.network_requests import service
from api.features.network_requests.errors import CreatorRevoked, RequestClosed
from api.features.network_requests.schemas import Approved, Decision, RequestStatus
from api.features.partners.for_others import UnknownCampaignIds
from api.features.terms.for_others import AmountUnfit, EventTypesMissing
from api.outside.network import below
from api.web.problems import problems

router = APIRouter(prefix="/admin/network/requests", tags=["Network"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.NETWORK_READ, apart=True)]
Writer = Annotated[Caller, needs(Permission.NETWORK_WRITE, apart=True)]
Admitter = Annotated[Caller, needs(Permission.NETWORK_WRITE, apart=True, gate="admits")]
Upstream = dict[str, Any]


@router.get("", responses=problems(*CALLED))
async def list_network_requests(
    _: Reader,
    request: Request,
    status: Annotated[RequestStatus | None, Query(description="Only those that stand so.")] = None,
) -> Upstream:
    """Creators who ask to become partners."""
    query = {"status": status} if status else None
    return await relay(Place.of(request), "GET", "/vendors/me/requests", query=query)


@router.post(
    "/{id}/approve",
    responses=problems(
        *CALLED, RequestClosed, CreatorRevoked, CampaignNotActive, LinkKeyTaken,
        UnknownCampaignIds, EventTypesMissing, AmountUnfit, TrialExpired, PlanRequired, BrandPendingReview,
    ),
)  # fmt: skip
async def approve_network_request(
    id: NetworkId, _: Admitter, request: Request, wanted: Decision | None = None
) -> Approved:
    """Make the creator a partner, with a grant at the offered terms and a link, all or nothing."""
    note = wanted.decision_note if wanted else None
    return await service.approve(Place.of(request), id, note)


@router.post("/{id}/reject", responses=problems(*CALLED))
async def reject_network_request(
    id: NetworkId, _: Writer, request: Request, wanted: Decision | None = None
) -> Upstream:
    """Say no."""
    said = (wanted or Decision()).model_dump(mode="json", by_alias=True, exclude_unset=True)
    path = below("vendors", "me", "requests", id, "reject")
    return await relay(Place.of(request), "POST", path, said)
