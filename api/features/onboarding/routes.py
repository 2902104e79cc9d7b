"""The address at which a portal learns how far a brand has come."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.caller import Caller
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.network.for_others import Place
from api.features.onboarding import service
from api.features.onboarding.schemas import OnboardingStatus

router = APIRouter(prefix="/admin", tags=["Analytics"])
Reader = Annotated[Caller, needs(Permission.ONBOARDING_READ, apart=True)]


@router.get("/onboarding-status")
async def get_onboarding_status(_: Reader, request: Request) -> OnboardingStatus:
    """How far the brand has come, for the list of first steps and the banners above it."""
    return await service.status(Place.of(request))
