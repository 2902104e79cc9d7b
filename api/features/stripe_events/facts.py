"""Events of customers that Stripe vouches for, each under the id of what it is about."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from api.features.conversions.for_others import record
from api.features.stripe_events.books import Books
from api.features.stripe_events.heard import Heard
from shared.ids import new_id
from shared.models.event import Event

SOURCE = "stripe"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of an event of Stripe's: a public code, and the customer's event, if there is one.

    `waits`: something has to arrive first, and then it is looked at again.
    """

    code: str
    event_id: UUID | None = None
    ignored: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """`external_id` is the id of an object at Stripe, so that two events about it make one."""

    type: str
    external_id: str
    user_id: str
    value_minor: int | None = None
    currency: str = "USD"
    ts: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)


async def write(books: Books, heard: Heard, fact: Fact) -> UUID:
    """The event's id, also where it was known."""
    event = Event(
        id=new_id(),
        user_id=fact.user_id,
        type=fact.type,
        value_minor=fact.value_minor,
        currency=fact.currency,
        source=SOURCE,
        external_id=fact.external_id,
        fingerprint=f"{SOURCE}:{fact.external_id}",
        details={
            "stripeEventId": heard.id,
            "stripeType": heard.type,
            **{name: value for name, value in fact.details.items() if value},
        },
        ts=fact.ts or heard.happened_at,
    )
    event_id, _ = await record(books.session, event)
    return event_id
