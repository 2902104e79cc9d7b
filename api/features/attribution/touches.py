"""What the engine is told: an event, the customer's clicks, and the terms each would earn by."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """What a customer did, and what it was worth."""

    id: UUID
    type: str
    ts: datetime
    received_at: datetime
    value_minor: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant pays: a percentage of the event's value, or a fixed amount for each event.

    `event_types` names the events that are paid; empty means every event with a value, which only a
    percentage may say. Without `recurring`, a customer is paid for once. A fixed amount without a
    currency is in the event's.
    """

    id: UUID
    kind: Literal["percent", "fixed"]
    percent: Decimal | None
    fixed_minor: int | None
    fixed_currency: str | None
    event_types: tuple[str, ...]
    recurring: bool
    holdback_days: int | None


@dataclass(frozen=True, slots=True)
class Touch:
    """One click of the customer, with its campaign's rules and its partner's terms.

    `partner_revoked` is not about the click: it says whether the partner was revoked when the event
    reached us.
    """

    click_id: UUID
    ts: datetime
    partner_id: UUID
    campaign_id: UUID
    flag: str | None
    window_days: int
    model: str
    campaign_starts_at: datetime | None
    campaign_ends_at: datetime | None
    partner_revoked: bool
    terms: Terms | None
