"""Attribution, for the features through which events come in, and those that check its sums."""

from api.features.attribution.customer import stated
from api.features.attribution.explanation import explain
from api.features.attribution.recomputation import Owed, owed, weighs_right
from api.features.attribution.replay import replay
from api.features.attribution.repricing import Change, Share, shares_of, write_repricings
from api.features.attribution.schemas import AttributionOut
from api.features.attribution.service import attribute, attribute_backlog, attribution_of
from api.features.attribution.stored_terms import stated_terms
from api.features.attribution.touches import Event as PricedEvent
from api.features.attribution.touches import Terms as PricedTerms
from api.features.attribution.what_if import Outcome, Run, WhatIf, count_concerned

__all__ = [
    "AttributionOut",
    "Change",
    "Outcome",
    "Owed",
    "PricedEvent",
    "PricedTerms",
    "Run",
    "Share",
    "WhatIf",
    "attribute",
    "attribute_backlog",
    "attribution_of",
    "count_concerned",
    "explain",
    "owed",
    "replay",
    "shares_of",
    "stated",
    "stated_terms",
    "weighs_right",
    "write_repricings",
]
