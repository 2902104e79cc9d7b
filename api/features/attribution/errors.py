"""What can go wrong with an explanation."""

from api.errors import NotFound


class EventNotFound(NotFound, code="not_found"):
    """There is no such event."""
