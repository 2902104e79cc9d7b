"""The address of fraud rules."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.fraud_rules import service
from api.features.fraud_rules.schemas import RulesOut, RulesUpdate
from api.web.transaction import Session

router = APIRouter(prefix="/config", tags=["Fraud"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.FRAUD_READ)]
Writer = Annotated[Caller, needs(Permission.FRAUD_WRITE)]


@router.get("/fraud")
async def get_fraud_rules(_: Reader, session: Session, request: Request) -> RulesOut:
    """Which rules are applied to clicks, and how strictly."""
    return await service.show(session, request.state.settings)


@router.post("/fraud")
async def change_fraud_rules(
    wanted: RulesUpdate, _: Writer, session: Session, request: Request
) -> RulesOut:
    """Switch rules on or off, or set how strict they are. Routers apply it within a second."""
    await service.change(session, wanted)
    return await service.show(session, request.state.settings)
