"""Redemptions: a customer used a coupon, and its partner is credited without a click."""
