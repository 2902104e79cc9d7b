"""What can go wrong with a correction."""

from api.errors import Conflict


class AdjustmentKeyReused(Conflict, code="adjustment_key_reused"):
    """There is an adjustment with this key already; it was made once, and stays as it is."""


class NothingOwed(Conflict, code="nothing_owed"):
    """A partner can be forgiven no more than they owe; `owed` says how much that is."""
