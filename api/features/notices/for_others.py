"""News, for the features in which things happen and for those that carry it away."""

from api.features.notices.catalogue import (
    CATALOGUE,
    AttributionCreated,
    CommissionAccrued,
    CommissionApproved,
    CommissionNews,
    CommissionPaid,
    CommissionReversed,
    News,
    PartnerActivated,
    PartnerCreated,
    PartnershipApproved,
    PayoutCreated,
)
from api.features.notices.service import publish

__all__ = [
    "CATALOGUE",
    "AttributionCreated",
    "CommissionAccrued",
    "CommissionApproved",
    "CommissionNews",
    "CommissionPaid",
    "CommissionReversed",
    "News",
    "PartnerActivated",
    "PartnerCreated",
    "PartnershipApproved",
    "PayoutCreated",
    "publish",
]
