"""Payout settings, for whoever pays."""

from api.features.payout_settings.schemas import Cadence, Rail
from api.features.payout_settings.service import PayoutSettings, read

__all__ = ["Cadence", "PayoutSettings", "Rail", "read"]
