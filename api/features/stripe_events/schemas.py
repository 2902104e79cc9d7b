"""The wire of Stripe's events."""

from typing import Any, Literal
from uuid import UUID

from api.fields import Out, UtcTime

Status = Literal["received", "processed", "ignored", "failed"]
Skipped = Literal[
    "unresolved_tenant", "tenant_mismatch", "secret_family_mismatch", "type_not_handled"
]


class Taken(Out):
    """What Stripe is told. `skipped`: nothing will be made of it, and `reason` says why.

    `idempotent`: it had arrived before. `eventId` is ours, of the page of Stripe's events.
    """

    ok: bool
    skipped: bool
    reason: Skipped | None
    idempotent: bool
    event_id: UUID | None


class StripeEventOut(Out):
    """One event of Stripe's, and what became of it.

    `outcome` is a code, `reason` a sentence about why it is stuck; `eventId` the event of a customer
    that it became.
    """

    id: UUID
    stripe_id: str
    type: str
    object_id: str | None
    account: str | None
    api_version: str | None
    status: Status
    outcome: str | None
    reason: str | None
    event_id: UUID | None
    happened_at: UtcTime
    created_at: UtcTime
    processed_at: UtcTime | None


class StripeEventDetail(StripeEventOut):
    """With what Stripe sent."""

    payload: dict[str, Any]


class StripeEventList(Out):
    """A page of them, newest first."""

    stripe_events: list[StripeEventOut]
    next_cursor: str | None


class StripeEventShown(Out):
    """One of them."""

    stripe_event: StripeEventDetail


class StripeEventReplayed(Out):
    """It waits for a worker again."""

    ok: bool
    stripe_event: StripeEventOut


class StripeEventsReplayed(Out):
    """How many wait for a worker again."""

    ok: bool
    replayed: int
