"""Revoking keys, for features that shut their holders or their makers out."""

from api.features.api_keys.service import keys_made_by, revoke_keys_made_by, revoke_keys_of

__all__ = ["keys_made_by", "revoke_keys_made_by", "revoke_keys_of"]
