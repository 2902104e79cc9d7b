"""Commissions: what a credit earns a partner, and who has looked at it."""
