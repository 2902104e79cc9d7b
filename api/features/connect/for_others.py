"""Connect, for the feature that hears from Stripe."""

from api.features.connect.service import account_changed

__all__ = ["account_changed"]
