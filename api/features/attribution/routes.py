"""The address at which attribution explains itself."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.access.caller import Caller
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.attribution import service
from api.features.attribution.errors import EventNotFound
from api.features.attribution.schemas import Explanation
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(tags=["Attribution"])
Explainer = Annotated[Caller, needs(Permission.EVENTS_EXPLAIN)]


@router.get("/attribution/events/{id}/explanation", responses=problems(EventNotFound))
async def explain_event(id: UUID, _: Explainer, session: Session) -> Explanation:
    """Why an event was credited, or why not: in words, and with the figures."""
    return await service.explanation_of(session, id)
