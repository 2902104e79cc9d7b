"""What can go wrong when other terms are agreed on."""

from api.errors import NotFound


class NothingGranted(NotFound, code="grant_not_found"):
    """This partner promotes no campaign, or not this one, so there are no terms to change."""
