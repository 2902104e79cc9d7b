"""Usage, for the status of billing, and for setting up what it is counted by."""

from api.features.usage.meter import ATTRIBUTED_GMV
from api.features.usage.service import REVSHARE_PERCENT, accrued_fees

__all__ = ["ATTRIBUTED_GMV", "REVSHARE_PERCENT", "accrued_fees"]
