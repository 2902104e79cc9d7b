"""Coupons, for the features in which grants come about and codes are redeemed."""

from api.features.coupons.errors import CouponNotFound
from api.features.coupons.schemas import Code
from api.features.coupons.service import mint

__all__ = ["Code", "CouponNotFound", "mint"]
