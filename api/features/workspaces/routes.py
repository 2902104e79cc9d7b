"""The addresses of a person with several workspaces."""

from fastapi import APIRouter, Request, Response

from api.access.cookies import (
    CrossSite,
    clear_session,
    csrf_token,
    refuse_foreign_origin,
    session_cookie,
    set_session,
)
from api.access.platform import (
    InvalidOrExpiredSession,
    NoPlatformSession,
    Person,
    begin_platform_session,
    clear_platform_session,
    end_platform_session,
    platform_cookie,
    set_platform_session,
)
from api.features.platform_sign_in.for_others import (
    InvalidPlatformToken,
    WrongTokenKind,
    ask,
    ask_network,
    spend,
)
from api.features.sign_in.for_others import end_anywhere, enter_as_admin
from api.features.workspaces import service
from api.features.workspaces.errors import NotAMember, UsePerTenantSignin
from api.features.workspaces.schemas import (
    Asked,
    Enter,
    Entered,
    Home,
    PlatformSignedIn,
    PlatformSignIn,
    PlatformToken,
    WorkspaceList,
)
from api.web.client import client_address
from api.web.platform_transaction import PlatformTransaction
from api.web.problems import problems
from api.web.rate_limits import MAILS, limited
from api.web.tenancy import TenantDeleted, TenantNotFound
from api.web.tenant_directory import SlugRetired
from shared.database import pin
from shared.models.tenant import DEFAULT_TENANT_ID

router = APIRouter(tags=["Workspaces"])
SIGNED_OUT = (NoPlatformSession, InvalidOrExpiredSession)


@router.post(
    "/signin",
    dependencies=[limited("platform-signin", "10/minute")],
    responses=problems(UsePerTenantSignin, CrossSite),
)
async def ask_for_workspaces(wanted: PlatformSignIn, request: Request) -> Asked:
    """Mail a link to this address, if it runs a program here; the answer never tells."""
    state = request.state
    if not state.settings.is_multi:
        raise UsePerTenantSignin
    refuse_foreign_origin(request)
    if await state.limits.spare(MAILS, "mails", client_address(request)):
        # The job waits in the installation's own workspace; who is asked for is looked up later.
        async with state.database.tenant_session(DEFAULT_TENANT_ID) as session:
            await ask(session, "person", wanted.email)
            if state.settings.network_url is not None:
                await ask_network(session, wanted.email)
    return Asked(ok=True)


@router.post(
    "/auth/platform-verify",
    dependencies=[limited("platform-verify", "30/minute")],
    responses=problems(InvalidPlatformToken, WrongTokenKind, CrossSite),
)
async def sign_in_to_platform(
    wanted: PlatformToken, request: Request, response: Response, session: PlatformTransaction
) -> PlatformSignedIn:
    """Spend a link: signs this browser in to the platform for 30 days, and to no workspace yet."""
    refuse_foreign_origin(request)
    email = await spend(session, "person", wanted.token)
    if (before := platform_cookie(request, "person")) is not None:
        await end_platform_session(session, before)
    plaintext = await begin_platform_session(session, "person", email)
    set_platform_session(response, request.state.settings, "person", plaintext)
    csrf = csrf_token(plaintext)
    return PlatformSignedIn(ok=True, kind="platform", email=email, csrf_token=csrf)


@router.get("/session/home")
async def get_home(request: Request, session: PlatformTransaction) -> Home:
    """Where this browser belongs: its workspace, its list of workspaces, or nowhere."""
    in_workspace, on_platform = session_cookie(request), platform_cookie(request, "person")
    return await service.home(session, request.state.settings, in_workspace, on_platform)


@router.get("/me/workspaces", responses=problems(*SIGNED_OUT))
async def list_workspaces(email: Person, session: PlatformTransaction) -> WorkspaceList:
    """Every program that whoever is signed in runs."""
    return await service.workspaces_of(session, email)


@router.post(
    "/workspaces/enter",
    responses=problems(*SIGNED_OUT, NotAMember, TenantNotFound, TenantDeleted, CrossSite),
)
async def enter_workspace(
    wanted: Enter, email: Person, request: Request, response: Response, session: PlatformTransaction
) -> Entered:
    """Sign this browser in to one of them; the first time, it activates the admin there."""
    state, slug = request.state, wanted.slug.lower()
    try:
        if await state.tenants.by_slug(slug) is None:
            raise TenantNotFound
    except SlugRetired as problem:
        raise TenantDeleted from problem
    found = await service.membership(session, email, slug)
    if (before := session_cookie(request)) is not None:
        await end_anywhere(session, before)
    await pin(session, found.tenant_id)
    plaintext = await enter_as_admin(session, found.admin_id)
    set_session(response, state.settings, plaintext)
    return Entered(ok=True, tenant_slug=slug, home=f"/t/{slug}/", csrf_token=csrf_token(plaintext))


@router.post("/auth/platform-signout", responses=problems(CrossSite))
async def sign_out_of_platform(
    request: Request, response: Response, session: PlatformTransaction
) -> Asked:
    """End both of this browser's sessions, the platform's and the workspace's, here and there."""
    refuse_foreign_origin(request)
    state = request.state
    if (on_platform := platform_cookie(request, "person")) is not None:
        await end_platform_session(session, on_platform)
    if (in_workspace := session_cookie(request)) is not None:
        await end_anywhere(session, in_workspace)
    clear_platform_session(response, state.settings, "person")
    clear_session(response, state.settings)
    return Asked(ok=True)
