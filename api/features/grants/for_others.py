"""Granting, for the features in which partners and campaigns come about."""

from api.features.grants.service import grant, grant_to_everyone

__all__ = ["grant", "grant_to_everyone"]
