"""Commissions, for the features that make them, those that correct them, and those that pay them."""

from api.features.commissions.payment import (
    Payable,
    claim,
    give_back,
    lock_payable,
    mark_paid,
    release,
    undo_payment,
    unpay,
)
from api.features.commissions.queries import KEPT
from api.features.commissions.service import Accrual, accrue, approve_matured, earned_from
from api.features.commissions.taking_back import take_back
from api.features.commissions.withholding import Cause, Change, Withheld, withhold

__all__ = [
    "KEPT",
    "Accrual",
    "Cause",
    "Change",
    "Payable",
    "Withheld",
    "accrue",
    "approve_matured",
    "claim",
    "earned_from",
    "give_back",
    "lock_payable",
    "mark_paid",
    "release",
    "take_back",
    "undo_payment",
    "unpay",
    "withhold",
]
