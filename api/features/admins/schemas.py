"""The wire of admins."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.fields import Email, In, Name, Out, UtcTime

Reason = Annotated[str, Field(max_length=500)]


class AdminCreate(In):
    """Somebody who is invited to run the program."""

    email: Email
    name: Name


class AdminRevoke(In):
    """Why, and what becomes of the keys that the admin made.

    `revokeKeys`: keys that they made, or made with such a key, open nothing from now on. Whoever
    made a key knows it, so keep them only where you trust the person, or have replaced them.
    """

    reason: Reason | None = None
    revoke_keys: bool = True


class AdminOut(Out):
    """An admin: invited until `activatedAt`, shut out while `revokedAt` is set."""

    id: UUID
    tenant_id: UUID
    email: str
    name: str
    created_at: UtcTime
    updated_at: UtcTime
    activated_at: UtcTime | None
    revoked_at: UtcTime | None
    revoke_reason: str | None
    last_sign_in_at: UtcTime | None


class AdminList(Out):
    """One page of admins, newest first."""

    admins: list[AdminOut]
    next_cursor: str | None


class AdminInvited(Out):
    """A mail with a fresh sign-in link is on its way."""

    ok: bool


class KeyLeft(Out):
    """A key that the admin made; `revokedAt` is null where it was kept."""

    id: UUID
    prefix: str
    label: str | None
    partner_id: UUID | None
    scopes: list[str] | None
    revoked_at: UtcTime | None


class AdminRevocation(Out):
    """The admin is signed out everywhere; `keys` are those that they made and that were alive."""

    ok: bool
    revoked_at: UtcTime
    keys: list[KeyLeft]


class AdminReinstated(Out):
    """The admin may sign in again; sessions and keys from before stay dead."""

    ok: bool
