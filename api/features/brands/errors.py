"""What can go wrong when operators decide about a brand."""

from api.errors import Conflict, NotFound


class UnknownBrand(NotFound, code="brand_not_found"):
    """There is no such brand."""


class AlreadySo(Conflict, code="already_in_that_state"):
    """It is so already; nothing was changed."""


class UnknownBrandsCampaign(NotFound, code="campaign_not_found"):
    """This brand has no such campaign."""
