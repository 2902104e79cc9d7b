"""The wire of simulations."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.features.terms.for_others import CommissionCaps, CommissionRule
from api.fields import In, Out, UtcTime

MOST_DAYS = 365
EXAMPLE: dict[str, Any] = {
    "days": 90,
    "commissionRule": [
        {"trigger": "first", "eventType": "signup", "type": "fixed", "value": 25},
        {"trigger": "every", "eventType": "invoice_paid", "type": "percent", "value": 15},
    ],
    "model": "linear",
}


class Simulate(In):
    """What would be otherwise over the last `days` days; what isn't named stays as it is.

    Rules and caps are tried on partners at the campaign's own terms; who has a deal of their own
    keeps it. With nothing named, the past is reckoned as it was, and nothing differs.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    days: Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True)]
    commission_rule: CommissionRule | None = None
    commission_caps: CommissionCaps | None = None
    model: Literal["last_click", "first_click", "linear", "position"] | None = None
    window_days: Annotated[int, Field(ge=1, le=365, strict=True)] | None = None


class Difference(Out):
    """In one currency: what was credited by now, what it would have been, and the difference."""

    currency: str
    credited: str
    would_be: str
    difference: str


class PartnersDifference(Difference):
    """One partner's, and for how many events it differs."""

    partner_id: UUID
    partner_name: str
    events: int


class SampleShare(Out):
    """One partner's share of an event."""

    partner_id: UUID
    campaign_id: UUID
    amount: str
    currency: str


class SampleEvent(Out):
    """An event that would be credited otherwise; sentences as in its explanation."""

    event_id: UUID
    event_type: str
    event_at: UtcTime
    credited: list[SampleShare]
    would_be: list[SampleShare]
    sentence: str
    would_be_sentence: str


class Simulated(Out):
    """What came of it, refunds aside. Nothing was changed; `appliedAt`: when somebody booked it."""

    simulation_id: UUID
    campaign_id: UUID
    since: UtcTime
    until: UtcTime
    events: int
    changed_events: int
    totals: list[Difference]
    partners: list[PartnersDifference]
    sample: list[SampleEvent]
    applied_at: UtcTime | None


class Booked(Out):
    """An adjustment of a partner's balance, in major units; below zero it is owed."""

    partner_id: UUID
    amount: str
    currency: str


class Applied(Out):
    """What was booked."""

    ok: bool
    simulation_id: UUID
    applied_at: UtcTime
    changed_events: int
    adjustments: list[Booked]
