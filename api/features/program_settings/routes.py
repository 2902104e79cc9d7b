"""The addresses of program settings."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.program_settings import service
from api.features.program_settings.schemas import ProgramOut, ProgramUpdate
from api.web.transaction import Session

router = APIRouter(prefix="/config", tags=["Settings"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.PROGRAM_READ)]
Writer = Annotated[Caller, needs(Permission.PROGRAM_WRITE)]


@router.get("/program")
async def get_program_settings(_: Reader, session: Session, request: Request) -> ProgramOut:
    """What the program is called, how it looks, and where its people ask for help."""
    return await service.show(session, request.state.settings)


@router.post("/program")
async def change_program_settings(
    wanted: ProgramUpdate, _: Writer, session: Session, request: Request
) -> ProgramOut:
    """Say what the program is called, how it looks, and where its people ask for help."""
    await service.change(session, wanted)
    return await service.show(session, request.state.settings)
