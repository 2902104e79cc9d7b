"""What can go wrong in blocking addresses."""

from api.errors import Conflict


class AlreadyBlocked(Conflict, code="already_blocked"):
    """This address or domain is blocked already."""
