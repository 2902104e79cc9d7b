"""Attribution, for the features through which events come in, and those that check its sums."""

from api.features.attribution.recomputation import Owed, owed, weighs_right
from api.features.attribution.replay import replay
from api.features.attribution.schemas import AttributionOut
from api.features.attribution.service import attribute, attribute_backlog, attribution_of
from api.features.attribution.stored_terms import stated_terms
from api.features.attribution.touches import Event as PricedEvent
from api.features.attribution.touches import Terms as PricedTerms

__all__ = [
    "AttributionOut",
    "Owed",
    "PricedEvent",
    "PricedTerms",
    "attribute",
    "attribute_backlog",
    "attribution_of",
    "owed",
    "replay",
    "stated_terms",
    "weighs_right",
]
