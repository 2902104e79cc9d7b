"""The addresses of API keys."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.access.caller import Caller
from api.access.idempotency import ONCE_SEALED, RememberingRoute
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.access.roles import BUNDLES, SCOPE_SENTENCES, SCOPES
from api.features.api_keys import service
from api.features.api_keys.errors import (
    AlreadyExpired,
    KeyNotFound,
    KeysPartnerNotFound,
    NotYourKey,
)
from api.features.api_keys.queries import keys_of, scoped_keys
from api.features.api_keys.schemas import (
    KeyCreate,
    KeyList,
    KeyMade,
    KeyOut,
    KeyRevoked,
    ScopeBundle,
    ScopedKeyCreate,
    ScopedKeyList,
    ScopedKeyMade,
    ScopedKeyOut,
    ScopeList,
    ScopeOut,
)
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.rate_limits import limited
from api.web.transaction import Session
from shared.models.api_key import ApiKey

router = APIRouter(tags=["API keys"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.API_KEYS_READ)]
Writer = Annotated[Caller, needs(Permission.API_KEYS_WRITE)]
PartnerReader = Annotated[Caller, owns(Permission.PARTNER_KEYS_READ)]
PartnerWriter = Annotated[Caller, owns(Permission.PARTNER_KEYS_WRITE)]
Revoker = Annotated[Caller, needs(Permission.PARTNER_KEYS_WRITE)]
MAKES: dict[str, Any] = {
    "status_code": 201,
    "dependencies": [limited("keys", "30/minute"), ONCE_SEALED],
}


@router.post("/api-keys", responses=problems(AlreadyExpired), **MAKES)
async def create_admin_key(
    caller: Writer, session: Session, wanted: KeyCreate | None = None
) -> KeyMade:
    """Make a key that opens everything an admin may do."""
    made, plaintext = await service.make(session, caller, wanted or KeyCreate())
    return KeyMade(id=made, plaintext=plaintext)


@router.post("/api-keys/scoped", responses=problems(AlreadyExpired), **MAKES)
async def create_scoped_key(
    wanted: ScopedKeyCreate, caller: Writer, session: Session
) -> ScopedKeyMade:
    """Make a key for an integration, which opens exactly what its scopes name."""
    made, plaintext = await service.make(session, caller, wanted, scopes=wanted.scopes)
    return ScopedKeyMade(id=made, plaintext=plaintext, scopes=list(wanted.scopes))


@router.get("/api-keys", responses=problems(InvalidCursor))
async def list_scoped_keys(
    _: Reader,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    scope: Annotated[str | None, Query(max_length=64, description="Only keys with it.")] = None,
) -> ScopedKeyList:
    """Integrations' keys, newest first, revoked ones too."""
    rows, following = await fetch_page(session, scoped_keys(scope), ApiKey, wanted)
    keys = [ScopedKeyOut.model_validate(key) for (key,) in rows]
    return ScopedKeyList(api_keys=keys, next_cursor=following)


@router.get("/api-keys/scopes")
async def list_scopes(_: Reader) -> ScopeList:
    """What there is to choose from when a key is made for an integration."""
    return ScopeList(
        scopes=[ScopeOut(scope=scope, sentence=SCOPE_SENTENCES[scope]) for scope in SCOPES],
        bundles=[ScopeBundle(name=name, scopes=list(found)) for name, found in BUNDLES.items()],
    )


@router.delete("/api-keys/{keyId}", responses=problems(KeyNotFound, NotYourKey))
async def revoke_key(
    keyId: UUID,  # noqa: N803  # the path parameter's name in the contract
    caller: Revoker,
    session: Session,
) -> KeyRevoked:
    """Revoke a key: any, or for a partner one of their own."""
    await service.revoke(session, caller, keyId)
    return KeyRevoked(ok=True)


@router.post(
    "/partners/{id}/api-keys", responses=problems(KeysPartnerNotFound, AlreadyExpired), **MAKES
)
async def create_partner_key(
    id: UUID, caller: PartnerWriter, session: Session, wanted: KeyCreate | None = None
) -> KeyMade:
    """Make a key that opens what is this partner's own."""
    await service.require_partner(session, id)
    asked = wanted or KeyCreate()
    made, plaintext = await service.make(session, caller, asked, partner_id=id)
    return KeyMade(id=made, plaintext=plaintext)


@router.get("/partners/{id}/api-keys", responses=problems(KeysPartnerNotFound, InvalidCursor))
async def list_partner_keys(
    id: UUID, _: PartnerReader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> KeyList:
    """A partner's keys, newest first, revoked ones too."""
    await service.require_partner(session, id)
    rows, following = await fetch_page(session, keys_of(id), ApiKey, wanted)
    return KeyList(api_keys=[KeyOut.model_validate(key) for (key,) in rows], next_cursor=following)
