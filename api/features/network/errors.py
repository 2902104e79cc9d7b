"""What can go wrong between a workspace and the network's coordinator."""

from api.errors import ApiError, BadGateway, BadRequest, Conflict, NotFound, Unavailable


class NetworkUrlNotConfigured(Unavailable, code="network_url_not_configured"):
    """No network is known here: set NETWORK_URL, or this workspace's own `networkUrl`."""


class AdminTokenNotConfigured(Unavailable, code="admin_token_not_configured"):
    """This needs NETWORK_ADMIN_API_KEY, which only the operator of both has."""


class NetworkNotConfigured(Unavailable, code="network_not_configured"):
    """This workspace isn't connected to a network."""


class NetworkUnreachable(Unavailable, code="network_unreachable"):
    """The network doesn't answer just now; `detail` says what happened."""


class WearsItsOwnName(Conflict, code="white_label_network_conflict"):
    """This workspace shows no name but its own, and the network would show the network's."""


class NetworkSignupFailed(BadGateway, code="network_signup_failed"):
    """The network didn't take the sign-up; `detail` says why."""


class AdminPathRejected(BadGateway, code="admin_path_rejected"):
    """The network took the sign-up, but not the operator's key: it wants an e-mail confirmed."""


class NetworkVerifyFailed(BadGateway, code="network_verify_failed"):
    """The network didn't take this token; ask for a new link. `detail` says why."""


class SessionAdminRequired(BadRequest, code="session_admin_required"):
    """Sign in as an admin: the network wants to know a person, and a key is none."""


class AdminEmailUnresolvable(BadRequest, code="admin_email_unresolvable"):
    """This admin has no e-mail address by which the network could reach them."""


class NetworkTenantNotFound(NotFound, code="tenant_not_found"):
    """There is no such workspace."""


class NetworkCallFailed(ApiError):
    """The network said no: `networkError` and `detail` are its own words."""


class Misfit(NetworkCallFailed, code="network_call_failed", status=400):
    """The network said that this doesn't fit: `networkError` and `detail` are its own words."""


class Refused(NetworkCallFailed, code="network_call_failed", status=403):
    """The network didn't permit that: `networkError` and `detail` are its own words."""


class Unknown(NetworkCallFailed, code="network_call_failed", status=404):
    """The network knows no such thing: `networkError` and `detail` are its own words."""


class Clash(NetworkCallFailed, code="network_call_failed", status=409):
    """That clashes with what the network knows: `networkError` and `detail` are its own words."""


class Unpaid(NetworkCallFailed, code="network_call_failed", status=402):
    """The network wants to be paid first: `networkError` and `detail` are its own words."""


class Busy(NetworkCallFailed, code="network_call_failed", status=429):
    """The network has too much to do: `networkError` and `detail` are its own words."""


class Distrusted(NetworkCallFailed, code="network_call_failed", status=502):
    """The network doesn't know our token, or answered badly: connect anew."""


BY_STATUS: dict[int, type[NetworkCallFailed]] = {
    error.status: error for error in (Misfit, Refused, Unknown, Clash, Unpaid, Busy)
}
# What every route answers that shows something of the network's.
CALLED = (
    NetworkNotConfigured, NetworkUnreachable, Misfit, Refused, Unknown, Clash, Unpaid, Busy,
    Distrusted,
)  # fmt: skip
