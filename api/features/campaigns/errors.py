"""What can go wrong with a campaign."""

from api.errors import BadRequest, NotFound


class CampaignNotFound(NotFound, code="not_found"):
    """There is no such campaign."""


class DatesReversed(BadRequest, code="invalid_body"):
    """A campaign has to start before it ends."""
