"""The wire of the people who run the installation."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Email, In, Name, Out, UtcTime

Role = Annotated[
    Literal["support", "admin"], Field(description="`support` looks; `admin` also decides.")
]


class OperatorSignIn(In):
    """The address to which a link is mailed, if it is an operator's."""

    email: Email


class OperatorToken(In):
    """What stands behind `token=` in the link."""

    token: Annotated[str, Field(min_length=8, max_length=200)]


class OperatorAsked(Out):
    """It is done, or it will be if it can be."""

    ok: Literal[True]


class OperatorSignedIn(Out):
    """This browser is signed in to the console for twelve hours."""

    ok: Literal[True]
    email: str
    role: Role
    csrf_token: str


class OperatorMe(Out):
    """The operator who calls. `csrfToken` goes into `X-CSRF-Token` where no Origin is sent."""

    email: str
    role: Role
    csrf_token: str


class OperatorCreate(In):
    """Somebody who shall help to run the installation."""

    email: Email
    name: Name
    role: Role


class OperatorOut(Out):
    """One of the people who run the installation."""

    id: UUID
    email: str
    name: str
    role: Role
    created_at: UtcTime
    revoked_at: UtcTime | None


class OperatorList(Out):
    """Newest first, those who were shut out too."""

    operators: list[OperatorOut]
    next_cursor: str | None


class PlatformEntryOut(Out):
    """What an operator did: `brandId` is the brand that it was done to, if any."""

    id: UUID
    actor: str
    action: str
    subject: str | None
    brand_id: UUID | None
    address: str | None
    request_id: str | None
    details: dict[str, Any]
    created_at: UtcTime


class PlatformEntryList(Out):
    """Newest first."""

    entries: list[PlatformEntryOut]
    next_cursor: str | None
