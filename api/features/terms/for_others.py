"""Terms for the features that agree on them."""

from api.features.terms.schemas import CommissionRule, CommissionRuleOut, HoldbackDays
from api.features.terms.service import rule_of, write_terms

__all__ = ["CommissionRule", "CommissionRuleOut", "HoldbackDays", "rule_of", "write_terms"]
