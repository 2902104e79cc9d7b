"""What can go wrong when a person is erased."""

from api.errors import NotFound


class PersonNotFound(NotFound, code="person_not_found"):
    """Nobody is known by that id or address."""
