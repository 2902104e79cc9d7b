"""The wire of postbacks."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import HttpUrl, In, Out, UtcTime

CommissionEvent = Literal[
    "commission.accrued", "commission.approved", "commission.paid", "commission.reversed"
]
SUPPORTED: tuple[CommissionEvent, ...] = (
    "commission.accrued", "commission.approved", "commission.paid", "commission.reversed",
)  # fmt: skip
Events = Annotated[tuple[CommissionEvent, ...], Field(min_length=1, max_length=10)]
Parameter = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
Method = Literal["GET", "POST"]


class PostbackCreate(In):
    """`url` may contain macros such as `{click_id}` after its host."""

    url: HttpUrl
    events: Events
    enabled: bool = True
    method: Method = "GET"
    signature_parameter: Parameter | None = None


class PostbackUpdate(In):
    """Only what is named changes."""

    url: HttpUrl | None = None
    events: Events | None = None
    enabled: bool | None = None
    method: Method | None = None


class PostbackOut(Out):
    """A postback with what came of it so far."""

    id: UUID
    partner_id: UUID
    url: str
    method: Method
    events: list[str]
    enabled: bool
    signature_parameter: str | None
    last_fired_at: UtcTime | None
    last_status: int | None
    last_error: str | None
    success_count: int
    failure_count: int
    created_at: UtcTime
    updated_at: UtcTime


class PostbackMade(PostbackOut):
    """The secret of a signed postback is shown this once."""

    secret: str | None


class PostbackList(Out):
    """A partner's postbacks, what they can fire for, and addresses to start from."""

    postbacks: list[PostbackOut]
    next_cursor: str | None
    supported_events: list[str]
    macros: list[str]
    presets: dict[str, str]


class FiringOut(Out):
    """One firing: the address as it was called, and what came back."""

    id: UUID
    postback_id: UUID
    event_type: str
    url: str
    status: Literal["pending", "delivered", "failed"]
    attempts: int
    http_status: int | None
    error: str | None
    answer: str | None
    latency_ms: int | None
    created_at: UtcTime
    last_attempt_at: UtcTime | None
    delivered_at: UtcTime | None


class FiringList(Out):
    """One page of the log, newest first."""

    deliveries: list[FiringOut]
    next_cursor: str | None


class Fired(Out):
    """What a test brought."""

    delivery: FiringOut
