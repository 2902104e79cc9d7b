"""The ledger: every movement of money that partners earn, in double entry."""
