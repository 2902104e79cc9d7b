"""What can go wrong when terms are agreed."""

from api.errors import BadRequest


class EventTypesMissing(BadRequest, code="event_types_missing"):
    """A fixed amount needs event types, and neither the snapshot nor the campaign's rule names any."""


class AmountUnfit(BadRequest, code="invalid_body"):
    """The currency can't express this amount."""
