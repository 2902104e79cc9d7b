"""Privacy, for the feature that looks after clicks."""

from api.features.privacy.service import months_kept

__all__ = ["months_kept"]
