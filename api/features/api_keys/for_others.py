"""Keys, for features that shut their holders or makers out, or introduce us to another service."""

from api.features.api_keys.service import (
    keys_made_by,
    make_for_service,
    revoke_by_id,
    revoke_keys_made_by,
    revoke_keys_of,
)

__all__ = [
    "keys_made_by",
    "make_for_service",
    "revoke_by_id",
    "revoke_keys_made_by",
    "revoke_keys_of",
]
