"""The address at which brands sign up; public, since nobody is there yet."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.access.cookies import CrossSite, refuse_foreign_origin
from api.features.signup import service
from api.features.signup.errors import (
    SignupNotAvailable,
    SignupUnavailable,
    SlugReserved,
    SlugTaken,
)
from api.features.signup.schemas import (
    NetworkStatus,
    NewTenant,
    SignedUp,
    SignedUpWithoutMail,
    SignUp,
)
from api.web.client import client_address
from api.web.problems import problems
from api.web.rate_limits import MAILS, limited

router = APIRouter(tags=["Sign-up"])
MAIL_WAITS: dict[int | str, dict[str, Any]] = {
    202: {"model": SignedUpWithoutMail, "description": "Made; the mail didn't leave yet."}
}


@router.post(
    "/signup",
    status_code=201,
    dependencies=[limited("signup", "10/minute")],
    responses=MAIL_WAITS
    | problems(SignupNotAvailable, SignupUnavailable, SlugReserved, SlugTaken, CrossSite),
)
async def sign_up(
    wanted: SignUp, request: Request, response: Response
) -> SignedUp | SignedUpWithoutMail:
    """Make a workspace for a brand, and mail its first admin a link to enter it."""
    state, settings = request.state, request.state.settings
    if not settings.is_multi:
        raise SignupNotAvailable
    refuse_foreign_origin(request)
    await state.limits.spend(MAILS, "signups", client_address(request))
    await service.refuse(state.database, wanted)
    brand = await service.found(state.database, settings, wanted)
    problem = await service.greet(
        state.database, settings, state.mailer, state.outbound.policy, brand
    )
    told: dict[str, Any] = {
        "ok": True,
        "tenant": NewTenant(id=brand.tenant.id, slug=brand.tenant.slug),
        "base_url": settings.base_url(brand.tenant.slug),
        "approval_status": brand.tenant.approval_status,
        "mail_delivered": problem is None,
        "created_at": brand.tenant.created_at,
        "network": NetworkStatus(
            status="off" if settings.network_url is None else "pending", vendor_id=None
        ),
    }
    if problem is None:
        return SignedUp(**told)
    response.status_code = 202
    return SignedUpWithoutMail(**told, mail_error=problem)
