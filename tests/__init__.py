"""Proof, through the front door, on a real PostgreSQL."""
