"""Which tenant a request means: its key says so, or its address, or there is only one."""

from collections import OrderedDict
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Select, case, func, or_, select, text

from api.errors import BadRequest, Forbidden, Gone, NotFound, Unauthorized
from api.settings import Settings
from api.web.client import client_address, host_of_request
from api.web.rate_limits import WRONG_KEYS
from api.web.tenant_directory import SlugRetired, TenantDirectory, plain_host
from shared.database import Database
from shared.models.tenant import DEFAULT_TENANT_ID, Tenant
from shared.tokens import digest_of

REMEMBERED_KEYS = 10_000


class TenantSlugMissing(BadRequest, code="tenant_slug_missing"):
    """Say which workspace you mean: put `/t/<slug>` behind `/api`, or use a key, which names its own."""


class TenantNotFound(NotFound, code="tenant_not_found"):
    """There is no such workspace."""


class TenantPendingDeletion(Gone, code="tenant_pending_deletion"):
    """This workspace, `slug`, is about to be deleted; an admin can still sign in and restore it."""


class TenantSuspended(Forbidden, code="tenant_suspended"):
    """This workspace, `slug`, is suspended; an admin can still sign in, pay and export everything."""


class TenantDeleted(Gone, code="tenant_deleted"):
    """There was a workspace of this name, and it was deleted for good."""


# What stays open then: signing in, and the way back.
OPEN_WHILE_PENDING = ("/api/auth/", "/api/account/")
# Signing in, paying, and taking along what is one's own.
OPEN_WHILE_SUSPENDED = ("/api/auth/", "/api/account/", "/api/billing/", "/api/export")


@dataclass(slots=True)
class KeyDirectory:
    """Remembers which tenant a key belongs to. A key never moves, so this never goes stale;

    whether the key still opens anything is asked of its tenant at every request.
    """

    database: Database
    known: OrderedDict[str, UUID] = field(default_factory=OrderedDict)

    def recall(self, plaintext: str) -> UUID | None:
        digest = digest_of(plaintext)
        if (tenant := self.known.get(digest)) is not None:
            self.known.move_to_end(digest)
        return tenant

    async def tenant_of(self, plaintext: str) -> UUID | None:
        digest = digest_of(plaintext)
        async with self.database.unpinned_session() as session:
            found: UUID | None = await session.scalar(
                text("select tenant_of_key(:digest)"), {"digest": digest}
            )
        if found is not None:
            self.known[digest] = found
            if len(self.known) > REMEMBERED_KEYS:
                self.known.popitem(last=False)
        return found


def bearer_of(request: Request) -> str | None:
    """The token of an Authorization header; an empty string where it isn't a bearer token."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_same(given: str, secret: str) -> bool:
    """In a time that tells nothing of the secret."""
    return compare_digest(given.encode(), secret.encode())


async def tenant_of(request: Request) -> UUID:
    """The tenant that this request is pinned to."""
    settings: Settings = request.state.settings
    named = await _named_by_address(request)
    bearer = bearer_of(request)
    env_key = settings.admin_api_key
    if env_key and bearer and is_same(bearer, env_key.get_secret_value()):
        # The key in the environment belongs to the installation's own workspace, not to every brand.
        owned: UUID | None = DEFAULT_TENANT_ID
    else:
        owned = await _owner_of(request, bearer) if bearer else None
    if named and owned and named != owned:
        raise Unauthorized
    if tenant := owned or named:
        return tenant
    if not settings.is_multi:
        return DEFAULT_TENANT_ID
    if bearer is not None:
        raise Unauthorized
    raise TenantSlugMissing


async def _owner_of(request: Request, bearer: str) -> UUID | None:
    """Looks a key up; whoever tries wrong ones is soon refused, and keys we know pass meanwhile."""
    keys: KeyDirectory = request.state.keys
    if (known := keys.recall(bearer)) is not None:
        return known
    limits, address = request.state.limits, client_address(request)
    await limits.refuse_exhausted(WRONG_KEYS, "wrong-keys", address)
    found = await keys.tenant_of(bearer)
    if found is None:
        await limits.spend(WRONG_KEYS, "wrong-keys", address)
    return found


async def _named_by_address(request: Request) -> UUID | None:
    """By the slug in the address, or by the host name where a brand has one of its own."""
    directory: TenantDirectory = request.state.tenants
    slug = request.scope.get("tenant_slug")
    if slug is None:
        return await _named_by_host(request, directory)
    try:
        found = await directory.by_slug(slug)
    except SlugRetired as problem:
        raise TenantDeleted from problem
    if found is None:
        raise TenantNotFound
    return found


async def _named_by_host(request: Request, directory: TenantDirectory) -> UUID | None:
    settings: Settings = request.state.settings
    host = plain_host(host_of_request(request))
    if host is None or host in settings.own_hosts:
        return None
    claim = await directory.by_host(host)
    if claim is None or claim.purpose != "portal":
        return None
    # Pages of this brand's own stand at that origin, and may use its people's cookies.
    request.state.own_origin = f"https://{host}"
    return claim.tenant_id


TenantId = Annotated[UUID, Depends(tenant_of)]


def closed() -> Select[str]:
    """Why the pinned tenant is closed, as `pending_deletion:<slug>` or `suspended:<slug>`; or nothing."""
    why = case((Tenant.pending_deletion_at.is_not(None), "pending_deletion"), else_=Tenant.status)
    query = select(func.concat(why, ":", Tenant.slug))
    return query.where(or_(Tenant.pending_deletion_at.is_not(None), Tenant.status != "active"))


def refuse_closed(request: Request, why: str | None) -> None:
    """Raises TenantPendingDeletion or TenantSuspended, but for what stays open."""
    if why is None:
        return
    state, _, slug = why.partition(":")
    path: str = request.scope["path"]
    if state == "pending_deletion":
        if not path.startswith(OPEN_WHILE_PENDING):
            raise TenantPendingDeletion(slug=slug)
    elif not path.startswith(OPEN_WHILE_SUSPENDED):
        raise TenantSuspended(slug=slug)
