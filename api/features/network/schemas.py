"""The wire of the connection to the network."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from api.fields import Email, HttpUrl, Id, In, Name, Out, UtcTime


def _base(value: str) -> str:
    return value.rstrip("/")


BaseUrl = Annotated[HttpUrl, AfterValidator(_base)]
Secret = Annotated[SecretStr, Field(max_length=500)]


class NetworkChange(In):
    """What isn't named stays. An empty `networkUrl` is the installation's own.

    Another `networkUrl` forgets the token, unless a new one comes with it.
    """

    enabled: bool | None = None
    network_url: BaseUrl | Literal[""] | None = None
    vendor_token: Secret | None = None
    scoped_key_id: Id | None = None
    auto_enroll: bool | None = None


class NetworkOut(Out):
    """The connection; `connected` says that it is on and has a token, which is never shown.

    `pendingVendorId` stands while the mail to the contact waits to be followed.
    """

    enabled: bool
    connected: bool
    network_url: str | None
    has_vendor_token: bool
    scoped_key_id: str | None
    auto_enroll: bool
    vendor_id: str | None
    pending_vendor_id: str | None
    connected_at: UtcTime | None


class ConnectStart(In):
    """Whom the network writes to, and how the workspace introduces itself.

    `portalCallbackUrl` must lead to this installation: the token that it is given connects.
    """

    portal_callback_url: HttpUrl | None = None
    contact_email: Email | None = None
    contact_name: Name | None = None
    display_name: Name | None = None
    instance_url: BaseUrl | None = None


class ConnectStarted(Out):
    """`pending` until the link in the mail is followed; `active` where none was needed."""

    vendor_id: str
    status: Literal["pending", "active"]
    email_sent: bool


class Enrolled(Out):
    """Connected, without a mail."""

    ok: Literal[True]
    vendor_id: str


class ConnectComplete(In):
    """The token of the link in the network's mail."""

    ntoken: Annotated[SecretStr, Field(min_length=20, max_length=500)]


class ConnectCompleted(Out):
    """Connected."""

    ok: Literal[True]
    vendor_id: str
    display_name: str


class Disconnected(Out):
    """No longer connected; `told` says whether the network answered that it knows."""

    ok: Literal[True]
    told: bool
