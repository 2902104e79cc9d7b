"""The addresses at which clicks are handed in, and decided about."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access.caller import Caller
from api.access.idempotency import ONCE, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.clicks import service
from api.features.clicks.errors import AlreadyFlagged, ClickNotFound, LinkNotFound, NotFlagged
from api.features.clicks.schemas import ClickReport, Flagged, Recorded, Unflagged
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(prefix="/clicks", tags=["Clicks"], route_class=RememberingRoute)
Recorder = Annotated[Caller, needs(Permission.CLICKS_WRITE)]
Reviewer = Annotated[Caller, needs(Permission.CLICKS_REVIEW)]
ClickId = Annotated[str, Path(min_length=1, max_length=64, description="The click id, or cref.")]


@router.post(
    "",
    status_code=201,
    dependencies=[ONCE],
    response_model_exclude_unset=True,
    responses={
        200: {"model": Recorded, "description": "The click was known already."},
        **problems(LinkNotFound, KeyReused, StillRunning),
    },
)
async def record_click(
    wanted: ClickReport, _: Recorder, session: Session, response: Response
) -> Recorded:
    """Hand in a click that was recorded elsewhere. The same id again changes nothing."""
    recorded = await service.record(session, wanted)
    if recorded.replayed:
        response.status_code = 200
    return recorded


@router.post("/{id}/flag", responses=problems(ClickNotFound, AlreadyFlagged))
async def flag_click(id: ClickId, caller: Reviewer, session: Session) -> Flagged:
    """Let a click no longer count. What it has earned stays until somebody reverses it."""
    return await service.flag(session, id, caller.principal)


@router.post("/{id}/unflag", responses=problems(ClickNotFound, NotFlagged))
async def unflag_click(id: ClickId, caller: Reviewer, session: Session) -> Unflagged:
    """Let a click count after all, and credit what its customer has done since."""
    return await service.unflag(session, id, caller.principal)
