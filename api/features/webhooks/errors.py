"""What can go wrong with a webhook."""

from api.errors import BadRequest, NotFound


class EndpointNotFound(NotFound, code="not_found"):
    """There is no such endpoint."""


class DeliveryNotFound(NotFound, code="not_found"):
    """There is no such delivery."""


class EndpointInactive(BadRequest, code="endpoint_inactive"):
    """This endpoint is switched off; switch it on first."""


class EndpointMismatch(BadRequest, code="endpoint_mismatch"):
    """This delivery belongs to another endpoint."""
