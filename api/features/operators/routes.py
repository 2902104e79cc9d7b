"""The addresses of the people who run the installation: signing in, who they are, what they did."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from api.access.cookies import CrossSite, csrf_token, refuse_foreign_origin
from api.access.platform import (
    Decider,
    InvalidOrExpiredSession,
    Looker,
    NoPlatformSession,
    ReadOnlyOperator,
    begin_platform_session,
    clear_platform_session,
    end_platform_session,
    platform_cookie,
    set_platform_session,
)
from api.access.platform_audit import OperatorRoute
from api.features.operators import service
from api.features.operators.errors import LastOperator, OperatorExists
from api.features.operators.schemas import (
    OperatorAsked,
    OperatorCreate,
    OperatorList,
    OperatorMe,
    OperatorOut,
    OperatorSignedIn,
    OperatorSignIn,
    OperatorToken,
    PlatformEntryList,
    PlatformEntryOut,
)
from api.features.platform_sign_in.for_others import (
    InvalidPlatformToken,
    WrongTokenKind,
    ask,
    spend,
)
from api.web.client import client_address
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.platform_transaction import PlatformTransaction
from api.web.problems import problems
from api.web.rate_limits import MAILS, limited
from shared.models.operator import Operator
from shared.models.platform_entry import PlatformEntry
from shared.models.tenant import DEFAULT_TENANT_ID

router = APIRouter(prefix="/platform-admin", tags=["Operators"], route_class=OperatorRoute)
SIGNED_OUT = (NoPlatformSession, InvalidOrExpiredSession)
Paged = Annotated[Page, Depends(page)]


@router.post(
    "/signin",
    dependencies=[limited("operator-signin", "10/minute")],
    responses=problems(CrossSite),
)
async def ask_for_console(wanted: OperatorSignIn, request: Request) -> OperatorAsked:
    """Mail a link to this address, if it is an operator's; the answer never tells."""
    refuse_foreign_origin(request)
    state = request.state
    if await state.limits.spare(MAILS, "mails", client_address(request)):
        # The job waits in the installation's own workspace; who is asked for is looked up later.
        async with state.database.tenant_session(DEFAULT_TENANT_ID) as session:
            await ask(session, "operator", wanted.email)
    return OperatorAsked(ok=True)


@router.post(
    "/verify",
    dependencies=[limited("operator-verify", "30/minute")],
    responses=problems(InvalidPlatformToken, WrongTokenKind, CrossSite),
)
async def sign_in_to_console(
    wanted: OperatorToken, request: Request, response: Response, session: PlatformTransaction
) -> OperatorSignedIn:
    """Spend a link: signs this browser in to the console for twelve hours."""
    refuse_foreign_origin(request)
    email = await spend(session, "operator", wanted.token)
    role = await service.role_of(session, email)
    if role is None:
        raise InvalidPlatformToken
    if (before := platform_cookie(request, "operator")) is not None:
        await end_platform_session(session, before)
    plaintext = await begin_platform_session(session, "operator", email)
    set_platform_session(response, request.state.settings, "operator", plaintext)
    return OperatorSignedIn(ok=True, email=email, role=role, csrf_token=csrf_token(plaintext))


@router.post("/signout", responses=problems(CrossSite))
async def sign_out_of_console(
    request: Request, response: Response, session: PlatformTransaction
) -> OperatorAsked:
    """End this browser's session with the console."""
    refuse_foreign_origin(request)
    if (plaintext := platform_cookie(request, "operator")) is not None:
        await end_platform_session(session, plaintext)
    clear_platform_session(response, request.state.settings, "operator")
    return OperatorAsked(ok=True)


@router.get("/me", responses=problems(*SIGNED_OUT))
async def get_operator(who: Looker, request: Request) -> OperatorMe:
    """The operator who is signed in."""
    plaintext = platform_cookie(request, "operator") or ""
    return OperatorMe(email=who.email, role=who.role, csrf_token=csrf_token(plaintext))


@router.get("/operators", responses=problems(*SIGNED_OUT, InvalidCursor))
async def list_operators(_: Looker, session: PlatformTransaction, wanted: Paged) -> OperatorList:
    """Everybody who runs the installation, or did."""
    rows, following = await fetch_page(session, select(Operator), Operator, wanted)
    found = [OperatorOut.model_validate(row) for (row,) in rows]
    return OperatorList(operators=found, next_cursor=following)


@router.post(
    "/operators",
    status_code=201,
    responses=problems(*SIGNED_OUT, ReadOnlyOperator, OperatorExists),
)
async def add_operator(
    wanted: OperatorCreate, _: Decider, session: PlatformTransaction
) -> OperatorOut:
    """Let somebody help to run the installation; they sign in with their address."""
    made = await service.add(session, wanted.email, wanted.name, wanted.role)
    return OperatorOut.model_validate(made)


@router.post(
    "/operators/{id}/revoke", responses=problems(*SIGNED_OUT, ReadOnlyOperator, LastOperator)
)
async def revoke_operator(id: UUID, _: Decider, session: PlatformTransaction) -> OperatorOut:
    """Shut an operator out, at once and in every browser."""
    return OperatorOut.model_validate(await service.revoke(session, id))


@router.get("/audit", responses=problems(*SIGNED_OUT, InvalidCursor))
async def list_platform_entries(
    _: Looker,
    session: PlatformTransaction,
    wanted: Paged,
    brand_id: Annotated[UUID | None, Query(alias="brandId", description="Of one brand.")] = None,
) -> PlatformEntryList:
    """Every act of an operator's, newest first; nobody can change or delete an entry."""
    query = select(PlatformEntry)
    if brand_id is not None:
        query = query.where(PlatformEntry.brand_id == brand_id)
    rows, following = await fetch_page(session, query, PlatformEntry, wanted)
    found = [PlatformEntryOut.model_validate(row) for (row,) in rows]
    return PlatformEntryList(entries=found, next_cursor=following)
