"""What can go wrong with a key."""

from api.errors import Forbidden, InvalidBody, NotFound


class KeyNotFound(NotFound, code="not_found"):
    """There is no such key."""


class KeysPartnerNotFound(NotFound, code="partner_not_found"):
    """There is no such partner."""


class NotYourKey(Forbidden, code="forbidden"):
    """A partner may revoke their own keys only."""


class AlreadyExpired(InvalidBody):
    """`expiresAt` has passed already, so the key would open nothing."""
