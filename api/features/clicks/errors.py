"""What can go wrong with a click."""

from api.errors import Conflict, NotFound


class ClickNotFound(NotFound, code="click_not_found"):
    """There is no such click."""


class LinkNotFound(NotFound, code="link_not_found"):
    """There is no link with this key."""


class AlreadyFlagged(Conflict, code="already_flagged"):
    """This click is flagged already; `flag` says how."""


class NotFlagged(Conflict, code="not_flagged"):
    """This click isn't flagged."""
