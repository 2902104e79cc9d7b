"""Entries on their way into the ledger: what they are, and how they travel in one statement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.ids import new_id
from shared.models.ledger_posting import EXPENSE


@dataclass(frozen=True, slots=True)
class Posting:
    """One line: minor units, positive into the account; `partner_id` is None for `expense` alone."""

    account: str
    partner_id: UUID | None
    currency: str
    amount_minor: int
    commission_id: UUID | None = None
    payout_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings that sum to zero in each currency; a second entry with its key is not written."""

    key: str
    kind: str
    postings: Sequence[Posting]
    details: dict[str, Any] = field(default_factory=dict)


def moved(
    partner_id: UUID,
    currency: str,
    changes: dict[str, int],
    *,
    commission_id: UUID | None = None,
    payout_id: UUID | None = None,
) -> list[Posting]:
    """Postings for these changes of a partner's accounts; what they don't cancel is expense."""
    lines = [
        Posting(account, partner_id, currency, amount, commission_id, payout_id)
        for account, amount in changes.items()
        if amount
    ]
    if rest := sum(changes.values()):
        lines.append(Posting(EXPENSE, None, currency, -rest, commission_id, payout_id))
    return lines


def as_json(entries: Sequence[Entry]) -> str:
    """What `WRITE_ENTRIES` reads; entries that move nothing are left out."""
    return json.dumps(
        [
            {
                "id": str(new_id()),
                "key": entry.key,
                "kind": entry.kind,
                "details": entry.details,
                "postings": [_line(posting) for posting in entry.postings],
            }
            for entry in entries
            if entry.postings
        ]
    )


def _line(posting: Posting) -> dict[str, Any]:
    ids = {
        "partner_id": posting.partner_id,
        "commission_id": posting.commission_id,
        "payout_id": posting.payout_id,
    }
    return {
        "account": posting.account,
        "currency": posting.currency,
        "amount_minor": posting.amount_minor,
        **{name: str(value) for name, value in ids.items() if value},
    }
