"""The addresses of signing up by oneself: one for everybody, two for admins who decide on it."""

from typing import Annotated

from fastapi import APIRouter, Response

from api.access.caller import Caller
from api.access.gate import ADMITS_STRANGERS, PlanRequired
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.access.review import BrandPendingReview
from api.features.partner_signup import service
from api.features.partner_signup.errors import SignupDisabled
from api.features.partner_signup.schemas import (
    AlreadyRegistered,
    PartnerSignup,
    SignedUp,
    SignupPolicy,
    SignupPolicyChange,
)
from api.web.problems import problems
from api.web.rate_limits import limited
from api.web.transaction import IN_USE, Session

router = APIRouter(tags=["Partner sign-up"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.SIGNUP_POLICY_READ)]
Writer = Annotated[Caller, needs(Permission.SIGNUP_POLICY_WRITE)]


@router.post(
    "/partner-signup",
    status_code=201,
    dependencies=[limited("partner-signup", "10/minute"), IN_USE, ADMITS_STRANGERS],
    responses={
        **problems(SignupDisabled, PlanRequired, BrandPendingReview),
        200: {"model": AlreadyRegistered, "description": "There is such a partner already."},
    },
)
async def sign_up_as_partner(
    wanted: PartnerSignup, session: Session, response: Response
) -> SignedUp | AlreadyRegistered:
    """Become a partner. Mail leaves later, so a mail server that is down stops nobody."""
    outcome = await service.sign_up(session, wanted)
    if isinstance(outcome, AlreadyRegistered):
        response.status_code = 200
    return outcome


@router.get("/config/partner-signup")
async def get_signup_policy(_: Reader, session: Session) -> SignupPolicy:
    """Whether people can become partners by themselves."""
    return await service.policy_of(session)


@router.post("/config/partner-signup")
async def change_signup_policy(
    wanted: SignupPolicyChange, _: Writer, session: Session
) -> SignupPolicy:
    """Decide whether people can become partners by themselves."""
    return await service.change_policy(session, wanted)
