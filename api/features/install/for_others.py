"""Whether the installation still has to be set up, for the page that greets people."""

from api.features.install.queries import has_active_admin

__all__ = ["has_active_admin"]
