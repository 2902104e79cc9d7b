"""Granting, for the features in which partners, campaigns and links come about."""

from api.features.grants.service import Granted, Source, grant, grant_everything, grant_to_everyone

__all__ = ["Granted", "Source", "grant", "grant_everything", "grant_to_everyone"]
