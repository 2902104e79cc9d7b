"""The wire of attribution."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict

from api.fields import Out, UtcTime

AttributionStatus = Literal[
    "attributed", "no_identity", "no_click", "outside_window", "not_attributable"
]


class AttributedTouch(Out):
    """A click's share of an event; `commissionId` is null where it earned nothing.

    Terms of several rules may pay several commissions: `commissionIds` are all of them.
    """

    click_id: UUID
    partner_id: UUID
    weight: float
    attribution_id: UUID
    commission_id: UUID | None
    commission_ids: list[UUID]


class AttributionOut(Out):
    """Who brought an event about."""

    status: AttributionStatus
    model: str | None
    touches: list[AttributedTouch]


class ConsideredClick(Out):
    """What became of one of the customer's clicks: a stable code and a sentence."""

    click_id: UUID
    partner_id: UUID
    campaign_id: UUID
    clicked_at: UtcTime
    outcome: str
    sentence: str


class ExplainedLine(Out):
    """What one rule of the terms (counted from 0) pays for a credited click, or why it doesn't."""

    rule: int
    amount: str
    currency: str
    commission: str
    sentence: str
    commission_id: UUID | None


class ExplainedCredit(Out):
    """A credited click, what it earned, and how that was reckoned, rule by rule.

    `amount` is what the lines in `currency` come to, `commissionId` that of the first that pays.
    """

    click_id: UUID
    partner_id: UUID
    campaign_id: UUID
    weight: str
    exact_weight: str
    terms_id: UUID | None
    amount: str
    currency: str
    commission: str
    sentence: str
    lines: list[ExplainedLine]
    attribution_id: UUID
    commission_id: UUID | None


class ExplainedTotal(Out):
    """What a campaign owes for the event, rounded once."""

    campaign_id: UUID
    currency: str
    amount: str
    sentence: str


class Repriced(Out):
    """By how much a partner's share changed when the event was reckoned anew; booked as adjustment.

    `reason`: `replay` of a click that counts after all, a `simulation` that was applied, or the
    `correction` of either by a refund.
    """

    partner_id: UUID
    campaign_id: UUID
    amount: str
    currency: str
    reason: str
    created_at: UtcTime


CLICK = "019b0a5e-7c1a-7d2e-9f00-3c5d8e7a1b2c"
PARTNER = "019b0a11-0b52-7c44-8a31-5f6e7d8c9bab"
CAMPAIGN = "019b0a10-9c1f-7aa3-b2d4-1e2f3a4b5c6d"
EXAMPLE: dict[str, Any] = {
    "eventId": "019b0a70-1d2c-7b3a-8c4d-5e6f7a8b9c0d",
    "eventType": "invoice_paid",
    "eventAt": "2026-11-02T09:30:00Z",
    "value": "200.00",
    "currency": "USD",
    "status": "attributed",
    "model": "last_click",
    "sentence": "1 of 1 click is credited by the last click model: 40.00 USD.",
    "clicks": [
        {
            "clickId": CLICK,
            "partnerId": PARTNER,
            "campaignId": CAMPAIGN,
            "clickedAt": "2026-11-01T18:04:11.209Z",
            "outcome": "credited",
            "sentence": "The click is credited.",
        }
    ],
    "credits": [
        {
            "clickId": CLICK,
            "partnerId": PARTNER,
            "campaignId": CAMPAIGN,
            "weight": "1.0000",
            "exactWeight": "1",
            "termsId": "019b0a10-9c20-7e51-9d3f-7a6b5c4d3e2f",
            "amount": "40.00",
            "currency": "USD",
            "commission": "accrued",
            "sentence": "20 % of 200.00 USD is 40.00 USD.",
            "lines": [
                {
                    "rule": 0,
                    "amount": "40.00",
                    "currency": "USD",
                    "commission": "accrued",
                    "sentence": "20 % of 200.00 USD is 40.00 USD.",
                    "commissionId": "019b0a70-1d31-7f01-b2c3-d4e5f6071829",
                }
            ],
            "attributionId": "019b0a70-1d31-7f00-a1b2-c3d4e5f60718",
            "commissionId": "019b0a70-1d31-7f01-b2c3-d4e5f6071829",
        }
    ],
    "totals": [
        {
            "campaignId": CAMPAIGN,
            "currency": "USD",
            "amount": "40.00",
            "sentence": "The campaign owes 40.00 USD.",
        }
    ],
    "decidedAt": "2026-11-02T09:30:00.412Z",
    "repriced": [],
}


class Explanation(Out):
    """Why an event was credited as it was, with a reason for every click of the customer.

    What was decided stays as it is written; `repriced` is what was booked on top of it since.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    event_id: UUID
    event_type: str
    event_at: UtcTime
    value: str | None
    currency: str
    status: AttributionStatus
    model: str | None
    sentence: str
    clicks: list[ConsideredClick]
    credits: list[ExplainedCredit]
    totals: list[ExplainedTotal]
    decided_at: UtcTime
    repriced: list[Repriced]
