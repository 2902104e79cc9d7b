"""The ledger, for the features that move money."""

from api.features.ledger.entries import Entry, Posting, as_json, moved
from api.features.ledger.queries import WRITE_ENTRIES
from api.features.ledger.service import Balance, balances, post

__all__ = [
    "WRITE_ENTRIES",
    "Balance",
    "Entry",
    "Posting",
    "as_json",
    "balances",
    "moved",
    "post",
]
