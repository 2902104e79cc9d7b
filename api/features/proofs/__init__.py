"""Proofs: that money adds up, worked out anew from raw facts; reads everything, changes nothing."""
