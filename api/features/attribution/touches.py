"""What the engine is told: an event, the customer's clicks, and the terms each would earn by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

Trigger = Literal["every", "first", "subsequent", "once"]
Period = Literal["day", "month", "campaign"]


@dataclass(frozen=True, slots=True)
class Event:
    """What a customer did, and what it was worth; `details` is what else the merchant said of it."""

    id: UUID
    type: str
    ts: datetime
    received_at: datetime
    value_minor: int | None
    currency: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that terms pay: a percentage of the event's value, or a fixed amount for each event.

    `event_types` names the events that are paid; empty means every event with a value, which only a
    percentage may say. `trigger` says which of a customer's events of a type: every one, the first,
    all but the first, or (`once`) whichever is the first to be paid. `months`, of 30.4375 days, are
    counted from the customer's first event of the type. `products` and `conditions` are looked for
    in the event's details. A fixed amount without a currency is in the event's.
    """

    kind: Literal["percent", "fixed"]
    percent: Decimal | None = None
    fixed_minor: int | None = None
    fixed_currency: str | None = None
    event_types: tuple[str, ...] = ()
    trigger: Trigger = "every"
    months: int | None = None
    products: tuple[str, ...] = ()
    excluded_products: tuple[str, ...] = ()
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def needs_beginnings(self) -> bool:
        """Whether it asks when a customer's first event of a type was."""
        return self.trigger in ("first", "subsequent") or self.months is not None


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a partner earns from a campaign in one currency, in each period of UTC."""

    amount_minor: int
    currency: str
    period: Period


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether a person looks at what was earned: always (`manual`), or only at what exceeds `up_to`."""

    mode: Literal["automatic", "manual"]
    up_to_minor: int | None = None
    currency: str | None = None

    def by_itself(self, amount_minor: int, currency: str) -> bool:
        """Whether an amount needs no person to look at it."""
        if self.mode == "manual":
            return False
        return self.up_to_minor is None or (
            currency == self.currency and amount_minor <= self.up_to_minor
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant pays, by at least one rule, each of which pays apart from the others."""

    id: UUID
    rules: tuple[Rule, ...]
    caps: tuple[Cap, ...] = ()
    approval: Approval | None = None
    holdback_days: int | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """One click of the customer, with its campaign's rules and its partner's terms.

    `partner_revoked` is not about the click: it says whether the partner was revoked when the event
    reached us. `counted` are clicks that were found to count for this event when it was decided.
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
    counted: bool = False
