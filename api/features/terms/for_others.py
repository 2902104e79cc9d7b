"""Terms for the features that agree on them."""

from api.features.terms.errors import AmountUnfit, EventTypesMissing
from api.features.terms.schemas import (
    CommissionRule,
    CommissionRuleOut,
    CommissionSnapshot,
    HoldbackDays,
)
from api.features.terms.service import CAMPAIGNS_OWN, rule_of, write_own_terms, write_terms

__all__ = [
    "CAMPAIGNS_OWN",
    "AmountUnfit",
    "CommissionRule",
    "CommissionRuleOut",
    "CommissionSnapshot",
    "EventTypesMissing",
    "HoldbackDays",
    "rule_of",
    "write_own_terms",
    "write_terms",
]
