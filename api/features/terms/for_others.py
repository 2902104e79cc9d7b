"""Terms for the features that agree on them."""

from api.features.terms.errors import AmountUnfit, EventTypesMissing
from api.features.terms.schemas import (
    ApprovalOut,
    CapOut,
    CommissionApproval,
    CommissionCaps,
    CommissionRule,
    CommissionRuleOut,
    CommissionSnapshot,
    RuleOut,
)
from api.features.terms.service import (
    CAMPAIGNS_OWN,
    Change,
    Conditions,
    following,
    new_terms,
    succeed,
    write_own_terms,
    write_terms,
)
from api.features.terms.stored import approval_of, caps_of, rule_of
from api.features.terms.sub_rules import HoldbackDays, SubRuleOut

__all__ = [
    "CAMPAIGNS_OWN",
    "AmountUnfit",
    "ApprovalOut",
    "CapOut",
    "Change",
    "CommissionApproval",
    "CommissionCaps",
    "CommissionRule",
    "CommissionRuleOut",
    "CommissionSnapshot",
    "Conditions",
    "EventTypesMissing",
    "HoldbackDays",
    "RuleOut",
    "SubRuleOut",
    "approval_of",
    "caps_of",
    "following",
    "new_terms",
    "rule_of",
    "succeed",
    "write_own_terms",
    "write_terms",
]
