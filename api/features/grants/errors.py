"""What can go wrong with a grant."""

from api.errors import NotFound


class PartnerNotFound(NotFound, code="partner_not_found"):
    """There is no such partner."""


class NoValidCampaigns(NotFound, code="no_valid_campaigns"):
    """None of these campaigns exists."""


class GrantNotFound(NotFound, code="grant_not_found"):
    """This partner may not promote this campaign, so there is nothing to end."""
