"""A person's workspaces, for the page that greets them."""

from api.features.workspaces.service import workspaces_of

__all__ = ["workspaces_of"]
