"""Brands: what operators see of them, and decide: approve, reject, suspend, reinstate."""
