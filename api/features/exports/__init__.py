"""Exports: everything that a brand owns, to take along."""
