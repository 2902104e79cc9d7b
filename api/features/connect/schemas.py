"""The wire of Stripe Connect."""

from api.fields import HttpUrl, In, Out, UtcTime


class ConnectStart(In):
    """Where Stripe leads the partner back to: when they are done, and when the address has expired."""

    return_url: HttpUrl
    refresh_url: HttpUrl


class ConnectStarted(Out):
    """Where the partner tells Stripe who they are; good for a few minutes."""

    url: str
    expires_at: UtcTime


class ConnectStatus(Out):
    """Whether a partner's Stripe account can receive payouts; without one only `connected`."""

    connected: bool
    account_id: str | None = None
    charges_enabled: bool | None = None
    payouts_enabled: bool | None = None
    details_submitted: bool | None = None
