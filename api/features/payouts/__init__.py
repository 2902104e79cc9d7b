"""Payouts: money on its way to partners."""
