"""What an export holds, for the feature that puts it back."""

from api.features.exports.queries import ESCAPED
from api.features.exports.service import SCHEMA_VERSION
from api.features.exports.tables import BY_NAME, OWNED, OwnedTable

__all__ = ["BY_NAME", "ESCAPED", "OWNED", "SCHEMA_VERSION", "OwnedTable"]
