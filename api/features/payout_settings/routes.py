"""The addresses of payout settings."""

from typing import Annotated

from fastapi import APIRouter

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.payout_settings import service
from api.features.payout_settings.schemas import PayoutSettingsChange, PayoutSettingsOut
from api.web.transaction import Session

router = APIRouter(prefix="/config/payouts", tags=["Settings"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.PAYOUT_SETTINGS_READ)]
Writer = Annotated[Caller, needs(Permission.PAYOUT_SETTINGS_WRITE)]


@router.get("")
async def get_payout_settings(_: Reader, session: Session) -> PayoutSettingsOut:
    """How partners are paid, how often, and from which amount on."""
    return await service.show(session)


@router.post("")
async def change_payout_settings(
    wanted: PayoutSettingsChange, _: Writer, session: Session
) -> PayoutSettingsOut:
    """Say how partners are paid, how often, and from which amount on."""
    await service.change(session, wanted)
    return await service.show(session)
