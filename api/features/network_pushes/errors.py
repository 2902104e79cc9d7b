"""What can go wrong with a push."""

from api.errors import Conflict, NotFound


class PushNotFound(NotFound, code="not_found"):
    """There is no such push: the network has heard it, or it never was."""


class PushNotDead(Conflict, code="push_not_dead"):
    """This push is still being tried by itself."""
