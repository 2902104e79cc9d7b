"""Postbacks: a partner's own ad tracker is told of their commissions, by an address with macros."""
