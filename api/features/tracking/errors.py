"""What can go wrong when tracking is asked for."""

from api.errors import NotFound


class CampaignNotFound(NotFound, code="campaign_not_found"):
    """There is no such campaign."""
