"""A tenant's rules, for the features that judge clicks after the router did."""

from api.features.fraud_rules.queries import stored_rules
from api.features.fraud_rules.schemas import (
    AdParameters,
    DuplicateSeconds,
    Hosts,
    VelocityMax,
    WindowSeconds,
)
from api.features.fraud_rules.service import rules_of, settings_of

__all__ = [
    "AdParameters",
    "DuplicateSeconds",
    "Hosts",
    "VelocityMax",
    "WindowSeconds",
    "rules_of",
    "settings_of",
    "stored_rules",
]
