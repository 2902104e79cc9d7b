"""The addresses of signing in."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from api.access.caller import Caller
from api.access.cookies import (
    CrossSite,
    clear_session,
    csrf_token,
    refuse_foreign_origin,
    session_cookie,
    set_session,
)
from api.access.needs import needs
from api.access.permissions import Permission
from api.access.platform import clear_platform_session, end_platform_session, platform_cookie
from api.features.sign_in import service
from api.features.sign_in.browsers import end_anywhere
from api.features.sign_in.errors import (
    AdminNotFound,
    AdminRevoked,
    InvalidOrExpiredToken,
    PartnerNotFound,
    PartnerRevoked,
    ScopedKeyNotForPortal,
)
from api.features.sign_in.schemas import Done, KeyFacts, MagicToken, SignedIn, SignIn, Who
from api.web.client import client_address
from api.web.problems import problems
from api.web.rate_limits import MAILS, limited
from api.web.transaction import Session

router = APIRouter(prefix="/auth", tags=["Sign-in"])
Anyone = Annotated[Caller, needs(Permission.SELF_READ)]
REFUSED = (AdminNotFound, AdminRevoked, PartnerNotFound, PartnerRevoked)


@router.post("/signin", dependencies=[limited("signin", "10/minute")])
async def ask_to_sign_in(wanted: SignIn, request: Request, session: Session) -> Done:
    """Mail a link to this address, if it is somebody's; the answer never tells."""
    if await request.state.limits.spare(MAILS, "mails", client_address(request)):
        await service.ask(session, wanted.email)
    return Done(ok=True)


@router.post(
    "/magic/verify",
    dependencies=[limited("magic-verify", "30/minute")],
    responses=problems(InvalidOrExpiredToken, CrossSite, *REFUSED),
)
async def sign_in(
    wanted: MagicToken, request: Request, response: Response, session: Session
) -> SignedIn:
    """Spend a link: signs this browser in for 30 days, and activates whoever was invited."""
    refuse_foreign_origin(request)
    signed_in, plaintext = await service.verify(session, wanted.token, session_cookie(request))
    set_session(response, request.state.settings, plaintext)
    return signed_in


@router.post("/signout", responses=problems(CrossSite))
async def sign_out(request: Request, response: Response) -> Done:
    """End this browser's sessions, here and in the browser: the workspace's and the platform's."""
    refuse_foreign_origin(request)
    state = request.state
    # A browser that leaves needn't say which workspace it leaves: the session knows.
    async with state.database.platform_session() as session:
        if (on_platform := platform_cookie(request, "person")) is not None:
            await end_platform_session(session, on_platform)
            clear_platform_session(response, state.settings, "person")
        if (plaintext := session_cookie(request)) is not None:
            await end_anywhere(session, plaintext)
    clear_session(response, state.settings)
    return Done(ok=True)


@router.get("/whoami", responses=problems(ScopedKeyNotForPortal))
async def get_whoami(request: Request, caller: Anyone, session: Session) -> Who:
    """Who is calling, for a portal."""
    cookie = session_cookie(request) if caller.source == "session" else None
    return await service.who(
        session, request.state.settings, caller, csrf_token(cookie) if cookie else None
    )


@router.get("/introspect")
async def introspect_key(request: Request, caller: Anyone, session: Session) -> KeyFacts:
    """What the caller's key opens, for integrations."""
    return await service.introspect(session, request.state.settings, caller)
