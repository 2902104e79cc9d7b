"""The addresses of privacy."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.audit import instead_of_body
from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.privacy import service
from api.features.privacy.errors import PersonNotFound
from api.features.privacy.schemas import Erased, Erasure, PrivacyOut, PrivacyUpdate
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(tags=["Privacy"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.PRIVACY_READ)]
Writer = Annotated[Caller, needs(Permission.PRIVACY_WRITE)]
Eraser = Annotated[Caller, needs(Permission.PRIVACY_ERASE)]


@router.get("/config/privacy")
async def get_privacy_settings(_: Reader, session: Session, request: Request) -> PrivacyOut:
    """For how long clicks are kept."""
    return await service.show(session, request.state.settings)


@router.post("/config/privacy")
async def change_privacy_settings(
    wanted: PrivacyUpdate, _: Writer, session: Session, request: Request
) -> PrivacyOut:
    """Say for how long clicks are kept. Figures stay; single clicks go."""
    await service.change(session, wanted)
    return await service.show(session, request.state.settings)


@router.post("/privacy/erase", responses=problems(PersonNotFound))
async def erase_person(wanted: Erasure, _: Eraser, session: Session, request: Request) -> Erased:
    """Forget a customer: their ids, what was reported of them, and what their browser said.

    Amounts, times and credits stay under a pseudonym, so that every sum and the ledger stay right.
    """
    erased = await service.erase(session, wanted)
    # The trail says that somebody was erased; naming them would undo it.
    instead_of_body(request, **erased.model_dump(exclude={"ok"}))
    return erased
