"""The wire of webhooks."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field

from api.features.notices.for_others import CATALOGUE
from api.fields import HttpUrl, In, Out, Time, UtcTime

Data = TypeVar("Data")
EVERY = "*"
TEST = "webhook.test"


def _known(events: tuple[str, ...]) -> tuple[str, ...]:
    for event in events:
        if event != EVERY and event not in CATALOGUE:
            raise ValueError(f"{event} is no event of ours; known are {', '.join(CATALOGUE)} and *")
    return tuple(dict.fromkeys(events))


Events = Annotated[tuple[str, ...], Field(min_length=1, max_length=50), AfterValidator(_known)]
Label = Annotated[str, Field(max_length=80)]


class EndpointCreate(In):
    """Where to bring news, and which."""

    url: HttpUrl
    events: Events
    label: Label | None = None


class EndpointUpdate(In):
    """Only what is named changes."""

    url: HttpUrl | None = None
    events: Events | None = None
    label: Label | None = None
    active: bool | None = None


class EndpointOut(Out):
    """An endpoint, never its secret. `status` says at a glance whether it hears us."""

    id: UUID
    url: str
    label: str | None
    events: list[str]
    active: bool
    status: Literal["active", "failing", "disabled", "deleted"]
    secret_prefix: str
    created_at: UtcTime
    last_used_at: UtcTime | None
    failing_since: UtcTime | None
    disabled_at: UtcTime | None
    disabled_reason: str | None


class EndpointShown(Out):
    """One endpoint."""

    endpoint: EndpointOut


class EndpointMade(Out):
    """The secret is shown this once."""

    endpoint: EndpointOut
    secret: str


class EndpointList(Out):
    """One page of endpoints, newest first."""

    endpoints: list[EndpointOut]
    next_cursor: str | None


class Deleted(Out):
    """Unsubscribed, also when it was already."""

    ok: bool


class DeliveryOut(Out):
    """One notice on its way to one endpoint; `answer` is the first kilobyte of what came back."""

    id: UUID
    endpoint_id: UUID
    event_id: str
    event_type: str
    payload: dict[str, Any]
    status: Literal["pending", "delivered", "failed"]
    sequence: int | None
    attempts: int
    http_status: int | None
    error: str | None
    answer: str | None
    latency_ms: int | None
    created_at: UtcTime
    last_attempt_at: UtcTime | None
    next_attempt_at: UtcTime | None
    delivered_at: UtcTime | None


class DeliveryList(Out):
    """One page of the log, newest first."""

    deliveries: list[DeliveryOut]
    next_cursor: str | None


class DeliveryShown(Out):
    """One delivery."""

    delivery: DeliveryOut


class Tested(Out):
    """What a test brought, and what came back."""

    delivery: DeliveryOut
    event: str


class Replay(In):
    """Deliveries made in this time are sent again; `status` narrows it to what failed, say."""

    since: Time
    until: Time
    status: Literal["delivered", "failed"] | None = None


class Replayed(Out):
    """How many are on their way again."""

    count: int


class Envelope(Out, Generic[Data]):
    """What a receiver gets. `id` stays the same at every attempt: it is what to remember."""

    id: Annotated[str, Field(examples=["evt_019ab3f07c1e7a409d526f1c0b8e4a17"])]
    event: str
    created: UtcTime
    data: Data


Sample = Envelope[dict[str, Any]]


def envelope(
    message_id: str, event: str, created: datetime, data: dict[str, Any]
) -> dict[str, Any]:
    """What a receiver gets, whichever way the news came about."""
    moment = created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": message_id, "event": event, "created": moment, "data": data}
