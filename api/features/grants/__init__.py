"""Grants: which partner may promote which campaign, at which terms."""
