"""What can go wrong when figures are asked for."""

from api.errors import NotFound


class PartnerNotFound(NotFound, code="partner_not_found"):
    """There is no such partner."""
