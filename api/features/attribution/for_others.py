"""Attribution, for the features through which events and identities come in."""

from api.features.attribution.schemas import AttributionOut
from api.features.attribution.service import attribute, attribute_backlog, attribution_of

__all__ = ["AttributionOut", "attribute", "attribute_backlog", "attribution_of"]
