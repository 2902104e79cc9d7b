"""What can go wrong in signing in to the platform."""

from api.errors import BadRequest


class WrongTokenKind(BadRequest, code="wrong_token_kind"):
    """This link is for somewhere else: a workspace, the platform or the console; open it as it was mailed."""


class InvalidPlatformToken(BadRequest, code="invalid_or_expired_token"):
    """This link is used, replaced by a newer one, or older than ten minutes; ask for another."""
