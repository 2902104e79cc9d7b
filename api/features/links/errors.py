"""What can go wrong with a link."""

from api.errors import BadRequest, Conflict, Forbidden, NotFound


class CampaignNotFound(NotFound, code="campaign_not_found"):
    """There is no such campaign."""


class CampaignNotActive(Conflict, code="campaign_not_active"):
    """This campaign has not begun, or is over; `state` says which."""


class CampaignNotGranted(Forbidden, code="campaign_not_granted"):
    """You may not promote this campaign; ask for it first."""


class DestinationNotAllowed(BadRequest, code="destination_override_not_allowed"):
    """Links of this campaign may not lead there; its deepLinkAllowedDomains say where they may."""


class LinkKeyTaken(Conflict, code="linkKey_taken"):
    """Another link has this key already."""


class PartnerRevoked(Conflict, code="partner_revoked"):
    """A partner who is shut out gets no new links."""
