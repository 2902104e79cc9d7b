"""The address of a campaign's tracking."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.tracking import service
from api.features.tracking.errors import CampaignNotFound
from api.features.tracking.schemas import TrackingOut, TrackingUpdate
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(prefix="/campaigns", tags=["Campaigns"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.TRACKING_READ)]
Writer = Annotated[Caller, needs(Permission.TRACKING_WRITE)]


@router.get("/{id}/tracking", responses=problems(CampaignNotFound))
async def get_tracking(id: UUID, _: Reader, session: Session) -> TrackingOut:
    """What goes along with a campaign's visitors, who is remembered, and whether paid ads count."""
    return await service.show(session, id)


@router.post("/{id}/tracking", responses=problems(CampaignNotFound))
async def change_tracking(
    id: UUID, wanted: TrackingUpdate, _: Writer, session: Session
) -> TrackingOut:
    """Say what goes along, who is remembered, and whether paid ads count; from this second on."""
    return await service.change(session, id, wanted)
