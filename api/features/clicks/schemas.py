"""The wire of clicks that are handed in, and of decisions about them."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from api.fields import HttpUrl, In, Out, Time
from shared.clock import now
from shared.visitor import clicked_at, read_click_id

AHEAD = timedelta(minutes=5)
APART = timedelta(minutes=5)

Flag = Literal[
    "banned_referrer",
    "bot",
    "datacenter",
    "duplicate",
    "manual",
    "paid_traffic",
    "prefetch",
    "revoked",
    "self_referral",
    "velocity",
]


def _carries_its_time(value: str) -> str:
    if read_click_id(value) is None:
        raise ValueError("must be a UUIDv7 or a ULID, which carry the time of the click")
    return value


def _not_ahead(moment: Time) -> Time:
    if moment > now() + AHEAD:
        raise ValueError("lies more than 5 minutes in the future")
    return moment


class ClickReport(In):
    """A click that was recorded elsewhere. Its partner and campaign are those of the link.

    The id is the cref that the visitor carries: a UUIDv7 or a ULID, whose time is kept as that of
    the click and may differ from `ts` by five minutes.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01KAQRVZA5H9MSRNFWKBTPZ4CX",
                    "linkKey": "ada-spring",
                    "landingUrl": "https://shop.example/welcome?cref=01KAQRVZA5H9MSRNFWKBTPZ4CX",
                    "ts": "2025-11-23T07:11:49.573Z",
                }
            ]
        }
    )

    id: Annotated[str, Field(min_length=20, max_length=40), AfterValidator(_carries_its_time)]
    link_key: Annotated[str, Field(min_length=3, max_length=64)]
    landing_url: HttpUrl
    ip_hash: Annotated[str, Field(max_length=64)] | None = None
    user_agent: Annotated[str, Field(max_length=1024)] | None = None
    referer: Annotated[str, Field(max_length=2048)] | None = None
    fraud_flag: Flag | None = None
    ts: Annotated[Time, AfterValidator(_not_ahead)]

    @model_validator(mode="after")
    def _one_moment(self) -> "ClickReport":
        if abs(clicked_at(self.click_id) - self.ts) > APART:
            raise ValueError("ts and the time in the id are more than 5 minutes apart")
        return self

    @property
    def click_id(self) -> UUID:
        """The id as it is stored."""
        found = read_click_id(self.id)
        if found is None:
            raise ValueError(self.id)
        return found


class Recorded(Out):
    """`replayed` where this id was known already; nothing was done then."""

    ok: bool
    id: str
    replayed: bool | None = None


class Flagged(Out):
    """The click doesn't count from now on. What it earned before stays until somebody reverses it."""

    ok: bool
    click_id: UUID


class Unflagged(Out):
    """`reattributedEvents`: how many of the customer's events are credited otherwise now."""

    ok: bool
    click_id: UUID
    reattributed_events: int
