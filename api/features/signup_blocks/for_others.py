"""The blocklist, for sign-up, which asks it, and for operators, who reject brands."""

from api.features.signup_blocks.service import block, is_blocked

__all__ = ["block", "is_blocked"]
