"""The wire of backtests."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.features.fraud_rules.for_others import (
    AdParameters,
    DuplicateSeconds,
    Hosts,
    VelocityMax,
    WindowSeconds,
)
from api.fields import In, Out, UtcTime

LONGEST = 366

RuleName = Literal[
    "bot",
    "prefetch",
    "datacenter",
    "banned_referrer",
    "paid_traffic",
    "velocity",
    "duplicate",
    "self_referral",
]
Days = Annotated[int, Field(strict=True, ge=1, le=LONGEST, description="How far to look back.")]


class BacktestSettings(In):
    """What the rule would be told; what isn't named is as it is now."""

    max: VelocityMax | None = None
    window_seconds: WindowSeconds | None = None
    seconds: DuplicateSeconds | None = None
    hosts: Hosts | None = None
    parameters: AdParameters | None = None


class BacktestRequest(In):
    """A rule, how strict it would be, and over how many days."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"rule": "velocity", "settings": {"max": 10, "windowSeconds": 60}, "days": 30}
            ]
        }
    )

    rule: RuleName
    settings: BacktestSettings | None = None
    days: Days = 30


class Sample(Out):
    """One of the clicks, newest first."""

    id: UUID
    ts: UtcTime
    partner_id: UUID
    link_id: UUID | None
    user_agent: str | None
    referer: str | None
    fraud_flag: str | None


class PartnerShare(Out):
    """Whom it would concern, and how much."""

    partner_id: UUID
    clicks: int
    would_flag: int


class Money(Out):
    """What these clicks have earned, in one currency, by what became of it."""

    currency: str
    accrued: str
    approved: str
    paid: str


class Backtest(Out):
    """What the rule would have held back. Nothing was changed.

    `wouldFlag` counts clicks that the rule fits; `newlyFlagged` those among them that count today.
    `money` is what is credited to the latter. `note` says what the past can't tell.
    """

    rule: RuleName
    version: int
    settings: dict[str, Any]
    since: UtcTime
    clicks: int
    would_flag: int
    newly_flagged: int
    partners: list[PartnerShare]
    money: list[Money]
    samples: list[Sample]
    note: str | None
