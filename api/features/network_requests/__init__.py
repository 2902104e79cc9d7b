"""Creators who ask to become partners: seen, approved with all that it takes, or rejected."""
