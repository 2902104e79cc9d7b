"""What can go wrong on the way to the network."""

from api.errors import BadGateway, NotFound, Unavailable


class NoNetwork(Unavailable, code="network_not_configured"):
    """This installation has no network."""


class NotOpen(NotFound, code="not_found"):
    """Nothing of the network's can be reached at this address."""


class NoCoordinator(BadGateway, code="network_unreachable"):
    """The network doesn't answer just now; `detail` says what happened."""
