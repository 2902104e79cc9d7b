"""The wire of a person with several workspaces."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Email, In, Out


class PlatformSignIn(In):
    """The address to which a link is mailed, if it runs a program here."""

    email: Email


class PlatformToken(In):
    """What stands behind `token=` in the link."""

    token: Annotated[str, Field(min_length=8, max_length=200)]


class Enter(In):
    """The workspace to enter."""

    slug: Annotated[str, Field(min_length=1, max_length=64)]


class Asked(Out):
    """A link is on its way, if there is anybody to send it to."""

    ok: Literal[True]


class PlatformSignedIn(Out):
    """This browser is signed in to the platform. `csrfToken` goes into `X-CSRF-Token` without an Origin."""

    ok: Literal[True]
    kind: Literal["platform"]
    email: str
    csrf_token: str


class Workspace(Out):
    """A program that the person runs; `activated` once they have entered it."""

    tenant_slug: str
    tenant_display_name: str
    admin_id: UUID
    activated: bool
    pending_deletion: bool


class WorkspaceList(Out):
    """Every program that the address runs, by slug."""

    email: str
    workspaces: list[Workspace]


class Entered(Out):
    """This browser is signed in to the workspace."""

    ok: Literal[True]
    tenant_slug: str
    home: str
    csrf_token: str


class WorkspaceHome(Out):
    """Signed in to a workspace."""

    home: str
    kind: Literal["admin", "partner"]
    tenant_slug: str


class PlatformHome(Out):
    """Signed in to the platform, and not yet to a workspace."""

    home: Literal["/workspaces"]
    kind: Literal["platform"]
    email: str


class NoHome(Out):
    """Not signed in."""

    home: None


Home = WorkspaceHome | PlatformHome | NoHome
