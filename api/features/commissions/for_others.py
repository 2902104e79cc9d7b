"""Commissions, for the features that make them and those that pay them."""

from api.features.commissions.service import (
    Accrual,
    Payable,
    accrue,
    claim,
    earned_from,
    lock_payable,
    mark_paid,
)

__all__ = ["Accrual", "Payable", "accrue", "claim", "earned_from", "lock_payable", "mark_paid"]
