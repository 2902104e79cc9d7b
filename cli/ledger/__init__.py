"""`openpartner ledger verify` and `openpartner invariants`: proofs that money adds up."""
