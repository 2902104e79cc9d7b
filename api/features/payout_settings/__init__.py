"""Payout settings: how, how often and from which amount on a brand pays its partners."""
