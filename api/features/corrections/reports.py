"""What others say of a payment: it was refunded, or is disputed; and what partners are given besides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

RefundStatus = Literal["succeeded", "failed"]
DisputeStatus = Literal["open", "lost", "won"]
Given = Literal["bonus", "manual", "repricing", "write_off"]


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment by its names with one source, each of which may be an event's external id.

    A name that isn't is tied to an event by `name_payment`. At Stripe: invoice, payment intent,
    charge.
    """

    source: str
    references: Sequence[str]


@dataclass(frozen=True, slots=True)
class Amount:
    """A part of a payment, in minor units.

    `total_minor` is the whole payment where it isn't what the event was worth, as with taxes.
    """

    minor: int
    currency: str
    total_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """One refund or dispute as it is now; `key` is its id there. No amount is the whole payment."""

    payment: Payment
    kind: Literal["refund", "refund_total", "dispute"]
    key: str
    status: RefundStatus | DisputeStatus
    amount: Amount | None = None
    ts: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Something that a partner gets (above zero) or owes besides commissions; written once per key."""

    partner_id: UUID
    currency: str
    amount_minor: int
    kind: Given
    key: str
    reason: str | None = None
    commission_id: UUID | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a report: `fresh` unless it was known; the events and commissions that it touched.

    No events: the sale isn't known yet, and the correction waits for it.
    """

    fresh: bool
    event_ids: Sequence[UUID]
    commission_ids: Sequence[UUID]
