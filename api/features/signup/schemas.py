"""The wire of signing a brand up."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Email, In, Name, Out, UtcTime

Slug = Annotated[
    str,
    Field(
        min_length=3,
        max_length=30,
        pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        description="The workspace's name in addresses.",
    ),
]


class SignUp(In):
    """Who runs the program, what it is called, and its name in addresses."""

    slug: Slug
    display_name: Name
    admin_email: Email
    admin_name: Name
    plan: Literal["flex", "revshare", "enterprise"] | None = None


class NewTenant(Out):
    """The workspace."""

    id: UUID
    slug: str


class NetworkStatus(Out):
    """How far the workspace's enrolment in the creator network is; `vendorId` once it has one."""

    status: Literal["off", "pending", "active", "failed"]
    vendor_id: str | None


class SignedUp(Out):
    """The workspace is there, and its first admin has mail. `baseUrl` is where its API is called."""

    ok: Literal[True]
    tenant: NewTenant
    base_url: str
    approval_status: Literal["pending", "approved"]
    mail_delivered: bool
    created_at: UtcTime
    network: NetworkStatus


class SignedUpWithoutMail(SignedUp):
    """The same, except that the mail didn't leave yet; we go on trying, and signing up again resends."""

    mail_error: str
