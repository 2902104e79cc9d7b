"""What can go wrong when a request is decided on."""

from api.errors import Conflict


class RequestClosed(Conflict, code="request_not_pending"):
    """The network says that this request was rejected or cancelled."""


class CreatorRevoked(Conflict, code="partner_revoked"):
    """This creator was a partner and is shut out; reinstate them first."""
