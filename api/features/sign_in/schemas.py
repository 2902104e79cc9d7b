"""The wire of signing in."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Email, In, Out


class SignIn(In):
    """The address to which a link is mailed, if it is somebody's."""

    email: Email


class MagicToken(In):
    """What stands behind `token=` in the link."""

    token: Annotated[str, Field(min_length=8, max_length=200)]


class Done(Out):
    """It is done, or it will be if it can be."""

    ok: Literal[True]


class AdminWho(Out):
    """An admin, as they know themselves."""

    id: UUID
    email: str
    name: str


class PartnerWho(Out):
    """A partner, as they know themselves."""

    id: UUID
    name: str
    email: str
    stripe_connected: bool


class AdminSignedIn(Out):
    """An admin's browser is signed in. `csrfToken` goes into `X-CSRF-Token` where no Origin is sent."""

    ok: Literal[True]
    role: Literal["admin"]
    admin: AdminWho
    csrf_token: str


class PartnerSignedIn(Out):
    """A partner's browser is signed in."""

    ok: Literal[True]
    role: Literal["partner"]
    partner: PartnerWho
    csrf_token: str


class Somewhere(Out):
    """`baseUrl` is where this workspace's API is called, ready to be copied."""

    base_url: str


class AdminBySession(Somewhere):
    """An admin who is signed in."""

    role: Literal["admin"]
    source: Literal["session"]
    admin: AdminWho
    csrf_token: str


class AdminByKey(Somewhere):
    """The holder of an admin key, or of the one in the environment."""

    role: Literal["admin"]
    source: Literal["env", "db"]


class PartnerCaller(Somewhere):
    """A partner; `csrfToken` is null for a key, which needs none."""

    role: Literal["partner"]
    source: Literal["db", "session"]
    partner_id: UUID
    partner: PartnerWho
    csrf_token: str | None


class PartnerRestriction(Out):
    """The one partner whose things a partner's key opens."""

    partner_id: UUID


class AdminKeyFacts(Somewhere):
    """An admin's key opens everything."""

    role: Literal["admin"]
    unrestricted: Literal[True]


class PartnerKeyFacts(Somewhere):
    """A partner's key opens what is the partner's own."""

    role: Literal["partner"]
    restricted_to: PartnerRestriction


class ScopedKeyFacts(Somewhere):
    """An integration's key opens what its scopes name."""

    role: Literal["scoped"]
    scopes: list[str]


SignedIn = AdminSignedIn | PartnerSignedIn
Who = AdminBySession | AdminByKey | PartnerCaller
KeyFacts = AdminKeyFacts | PartnerKeyFacts | ScopedKeyFacts
