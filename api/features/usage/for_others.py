"""Usage, for the status of billing."""

from api.features.usage.service import REVSHARE_PERCENT, accrued_fees

__all__ = ["REVSHARE_PERCENT", "accrued_fees"]
