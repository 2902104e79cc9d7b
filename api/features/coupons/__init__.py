"""Coupons: codes that stand for a partner where nobody clicked a link."""
