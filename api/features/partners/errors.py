"""What can go wrong with a partner."""

from api.errors import BadRequest, Conflict, NotFound


class PartnerNotFound(NotFound, code="not_found"):
    """There is no such partner."""


class EmailTaken(Conflict, code="email_taken"):
    """A partner with this e-mail already exists."""


class UnknownCampaignIds(BadRequest, code="unknown_campaign_ids"):
    """Some of these campaigns don't exist; `missing` names them, and nothing was stored."""


class AlreadyActivated(Conflict, code="already_activated"):
    """This partner has accepted an invitation, or needs none."""


class AlreadyRevoked(Conflict, code="already_revoked"):
    """This partner is shut out already."""


class NotRevoked(Conflict, code="not_revoked"):
    """This partner isn't shut out."""


class PartnerRevoked(Conflict, code="partner_revoked"):
    """This partner is shut out; reinstate them first."""


class PendingReview(Conflict, code="pending_review"):
    """This partner signed up by themselves and waits for an admin: approve them instead."""


class AlreadyApproved(Conflict, code="already_approved"):
    """This partner was let in already, or was invited."""
