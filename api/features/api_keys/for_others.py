"""Revoking keys, for features that shut their holders out."""

from api.features.api_keys.service import revoke_keys_of

__all__ = ["revoke_keys_of"]
