"""What can go wrong with a coupon."""

from api.errors import Conflict, NotFound


class PartnerNotFound(NotFound, code="partner_not_found"):
    """There is no such partner."""


class CampaignNotFound(NotFound, code="campaign_not_found"):
    """There is no such campaign, or the partner doesn't promote it."""


class CouponNotFound(NotFound, code="coupon_not_found"):
    """There is no such coupon, or it was withdrawn."""


class CodeTaken(Conflict, code="code_taken_or_partner_already_has_one_for_this_campaign"):
    """Somebody has this code, or had it once, or the partner has another one for this campaign."""


class VerificationRequired(Conflict, code="verification_required"):
    """Coupons exist, `existing` of them, and none was ever redeemed: have your shop report one first.

    From `threshold` coupons on, further ones wait for that.
    """
