"""What a route declares about its caller; the permission shows up in OpenAPI by itself."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, by_key, by_session, env_admin
from api.access.cookies import refuse_other_sites, session_cookie
from api.access.gate import refuse_lapsed
from api.access.permissions import Permission
from api.errors import Forbidden, NotFound, Unauthorized
from api.web.client import client_address
from api.web.tenancy import TenantId, bearer_of, is_same, refuse_closed
from api.web.transaction import Session

bearer = HTTPBearer(auto_error=False, scheme_name="Key", description="An API key, `op_…`.")
cookie = APIKeyCookie(
    name="op_session",
    auto_error=False,
    scheme_name="Session",
    description="Set by signing in; `__Host-op_session` over https.",
)


class ScopeMissing(Forbidden, code="forbidden_scope"):
    """This key's scopes do not permit that; `required` says what would."""


# In the scope, which is a request's own whatever the server does with the state.
CALLER = "openpartner.caller"

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
Cookie = Annotated[str | None, Depends(cookie)]


async def caller(request: Request, session: Session, _: Bearer, __: Cookie) -> Caller:
    """Who calls, found once in the request's own transaction, however many dependencies ask."""
    if CALLER not in request.scope:
        request.scope[CALLER] = await _identify(request, session)
    known: Caller = request.scope[CALLER]
    return known


async def caller_apart(request: Request, tenant_id: TenantId, _: Bearer, __: Cookie) -> Caller:
    """Who calls, found in a transaction that is over before the route begins.

    For the few routes that call out themselves: no transaction and no pooled connection may wait
    for somebody else's server.
    """
    request.state.tenant_id = tenant_id
    async with request.state.database.tenant_session(tenant_id) as session:
        return await _identify(request, session)


async def _identify(request: Request, session: AsyncSession) -> Caller:
    """A header wins over a cookie, so a bad key is 401 even in a signed-in browser."""
    found: Caller | None = None
    token = bearer_of(request)
    if token is not None:
        env_key = request.state.settings.admin_api_key
        if env_key and is_same(token, env_key.get_secret_value()):
            found = await env_admin(session)
        elif token:
            found = await by_key(session, token, client_address(request))
    elif signed_in := session_cookie(request):
        found = await by_session(session, signed_in)
        if found is not None:
            refuse_other_sites(request, signed_in)
    if found is None:
        raise Unauthorized
    refuse_closed(request, found.closed)
    request.state.caller = found
    return found


Known = Annotated[Caller, Depends(caller)]
KnownApart = Annotated[Caller, Depends(caller_apart)]


def _require(needed: SecurityScopes, known: Caller) -> None:
    if missing := set(needed.scopes) - known.permissions:
        if known.role == "scoped":
            raise ScopeMissing(required=sorted(missing))
        raise Forbidden


async def permitted(needed: SecurityScopes, known: Known) -> Caller:
    """Lets the caller pass who has every permission that the route names."""
    _require(needed, known)
    return known


async def permitted_for_own(needed: SecurityScopes, known: Known, request: Request) -> Caller:
    """The same, and a partner passes only where `{id}` in the address is their own."""
    _require(needed, known)
    _require_own(known, request)
    return known


async def permitted_apart(needed: SecurityScopes, known: KnownApart) -> Caller:
    """Like `permitted`, for routes that call out."""
    _require(needed, known)
    return known


async def permitted_for_own_apart(
    needed: SecurityScopes, known: KnownApart, request: Request
) -> Caller:
    """Like `permitted_for_own`, for routes that call out."""
    _require(needed, known)
    _require_own(known, request)
    return known


def _require_own(known: Caller, request: Request) -> None:
    if known.role == "partner":
        try:
            wanted = UUID(request.path_params["id"])
        except ValueError as problem:
            raise NotFound from problem
        if not known.owns(wanted):
            raise Forbidden


Gate = Literal["makes", "admits"]


def gated(admitted: Any, gate: Gate, *, apart: bool) -> Any:
    """A dependency that closes when a hosted brand's evaluation is over.

    It comes after who calls and what they may, so that strangers learn nothing, and belongs to the
    route itself, so that no spelling of its address leads around it.
    """
    admits = gate == "admits"

    async def with_plan(
        known: Annotated[Caller, Depends(admitted)], request: Request, session: Session
    ) -> Caller:
        await refuse_lapsed(session, request.state.settings, admits=admits)
        return known

    async def with_plan_apart(
        known: Annotated[Caller, Depends(admitted)], request: Request
    ) -> Caller:
        state = request.state
        async with state.database.tenant_session(state.tenant_id, read_only=True) as session:
            await refuse_lapsed(session, state.settings, admits=admits)
        return known

    return with_plan_apart if apart else with_plan


ADMITTED = {
    (owning, apart, gate): admitted if gate is None else gated(admitted, gate, apart=apart)
    for owning, apart, admitted in (
        (False, False, permitted),
        (False, True, permitted_apart),
        (True, False, permitted_for_own),
        (True, True, permitted_for_own_apart),
    )
    for gate in (None, "makes", "admits")
}


def needs(permission: Permission, *, apart: bool = False, gate: Gate | None = None) -> Any:
    """Marks a route's parameter: `Annotated[Caller, needs(Permission.X)]`.

    `apart` is for routes that call out: they take no Session and open short transactions
    themselves, on `request.state.database`. `gate` is for what waits for a paid plan once a hosted
    brand's evaluation is over: what it `makes`, and how it `admits` partners. Such a route declares
    TrialExpired and PlanRequired.
    """
    return Security(ADMITTED[False, apart, gate], scopes=[permission])


def owns(permission: Permission, *, apart: bool = False, gate: Gate | None = None) -> Any:
    """The same for a partner's own things: the partner in `{id}`, or whoever may see them all."""
    return Security(ADMITTED[True, apart, gate], scopes=[permission])
