"""The wire of API keys."""

from ipaddress import ip_network
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from api.access.roles import SCOPE_SENTENCES, SCOPES
from api.fields import In, Out, Time, UtcTime

MEANINGS = " ".join(f"`{scope}`: {sentence}" for scope, sentence in SCOPE_SENTENCES.items())


def _known(scopes: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        # A misspelt scope would make a key that silently opens nothing.
        raise ValueError(f"unknown: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    return tuple(dict.fromkeys(scopes))


def _block(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as problem:
        raise ValueError(f"{value!r} is not an address or a CIDR block: {problem}") from problem


Block = Annotated[
    str, Field(min_length=2, max_length=49, examples=["203.0.113.0/24"]), AfterValidator(_block)
]
Blocks = Annotated[tuple[Block, ...], Field(max_length=50)]
Label = Annotated[str, Field(max_length=120)]
Scope = Annotated[str, Field(min_length=3, max_length=64)]
Scopes = Annotated[
    tuple[Scope, ...],
    Field(min_length=1, max_length=50, description=MEANINGS),
    AfterValidator(_known),
]


class KeyCreate(In):
    """A key; the label is for people.

    From `expiresAt` on it opens nothing. With `allowedAddresses`, single ones or CIDR blocks, it
    opens nothing from anywhere else.
    """

    label: Label | None = None
    expires_at: Time | None = None
    allowed_addresses: Blocks | None = None


class ScopedKeyCreate(KeyCreate):
    """A key for an integration: it opens exactly what its scopes name."""

    scopes: Scopes


class KeyMade(Out):
    """The key itself is shown this once; we keep only its digest."""

    id: UUID
    plaintext: str


class ScopedKeyMade(KeyMade):
    """An integration's key, shown this once."""

    scopes: list[str]


class KeyOut(Out):
    """A key as far as it may be seen again: `prefix` tells it from others."""

    id: UUID
    prefix: str
    label: str | None
    created_by: UUID | None
    expires_at: UtcTime | None
    allowed_addresses: list[str] | None
    created_at: UtcTime
    last_used_at: UtcTime | None
    revoked_at: UtcTime | None


class ScopedKeyOut(KeyOut):
    """An integration's key."""

    scopes: list[str]


class KeyList(Out):
    """One page of a partner's keys, newest first."""

    api_keys: list[KeyOut]
    next_cursor: str | None


class ScopedKeyList(Out):
    """One page of integrations' keys, newest first."""

    api_keys: list[ScopedKeyOut]
    next_cursor: str | None


class KeyRevoked(Out):
    """From now on it opens nothing."""

    ok: bool


class ScopeOut(Out):
    """A scope, and what it permits in one sentence."""

    scope: str
    sentence: str


class ScopeBundle(Out):
    """The scopes that a usual integration needs."""

    name: str
    scopes: list[str]


class ScopeList(Out):
    """Every scope, and the usual sets of them."""

    scopes: list[ScopeOut]
    bundles: list[ScopeBundle]
