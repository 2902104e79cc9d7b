"""What can go wrong with a postback."""

from api.errors import NotFound


class PartnerNotFound(NotFound, code="partner_not_found"):
    """There is no such partner."""


class PostbackNotFound(NotFound, code="postback_not_found"):
    """There is no such postback."""
