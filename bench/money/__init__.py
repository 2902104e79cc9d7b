"""Measures what the ledger costs as it grows."""
