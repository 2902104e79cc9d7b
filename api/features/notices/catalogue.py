"""Every kind of news, and the exact shape of its data: live, in samples, and in OpenAPI alike."""

from typing import Any, ClassVar, Self
from uuid import UUID

from api.fields import Out, UtcTime
from shared.clock import now
from shared.ids import new_id


class News(Out):
    """What happened. A subclass's `type` is public; its fields are the envelope's `data`."""

    type: ClassVar[str]

    @classmethod
    def sample(cls) -> Self:
        """One that never happened, in the shape of those that do."""
        return cls.model_validate(
            {name: SAMPLES[name]() for name in cls.model_fields if name in SAMPLES}
        )


class AttributionCreated(News):
    """Somebody was credited with a share of an event."""

    type = "attribution.created"
    partner_id: UUID
    attribution_id: UUID
    event_id: UUID
    campaign_id: UUID
    click_id: UUID
    model: str
    weight: str
    event_type: str
    event_value: str | None
    commission_id: UUID | None
    commission_amount: str | None
    commission_currency: str | None


class CommissionNews(News):
    """What all news of a commission says."""

    commission_id: UUID
    partner_id: UUID
    amount: str
    currency: str
    attribution_id: UUID
    click_id: UUID
    event_id: UUID
    campaign_id: UUID
    event_type: str
    event_value: str | None


class CommissionAccrued(CommissionNews):
    """A credit has earned a commission."""

    type = "commission.accrued"


class CommissionApproved(CommissionNews):
    """A commission goes into the next payout."""

    type = "commission.approved"


class CommissionPaid(CommissionNews):
    """A commission was paid."""

    type = "commission.paid"
    payout_id: UUID


class CommissionReversed(CommissionNews):
    """A commission was taken back before it was paid."""

    type = "commission.reversed"


class PartnerCreated(News):
    """A partner was invited or signed up."""

    type = "partner.created"
    partner_id: UUID
    email: str
    name: str
    activated_at: UtcTime | None
    invited: bool
    campaign_ids: list[UUID]


class PartnerActivated(News):
    """A partner signed in for the first time."""

    type = "partner.activated"
    partner_id: UUID
    email: str
    name: str
    activated_at: UtcTime


class PartnershipApproved(News):
    """A creator of the network became a partner."""

    type = "partnership.approved"
    partner_id: UUID
    email: str
    name: str
    network_creator_id: str | None
    campaign_ids: list[UUID]


class PayoutCreated(News):
    """A payout was made; its money is on the way or waits to be marked as paid."""

    type = "payout.created"
    payout_id: UUID
    partner_id: UUID
    amount: str
    currency: str
    method: str
    commission_ids: list[UUID]
    platform_fee: str | None


CATALOGUE: dict[str, type[News]] = {
    kind.type: kind
    for kind in (
        AttributionCreated, CommissionAccrued, CommissionApproved, CommissionPaid,
        CommissionReversed, PartnerCreated, PartnerActivated, PartnershipApproved, PayoutCreated,
    )
}  # fmt: skip

SAMPLES: dict[str, Any] = {
    **dict.fromkeys(
        ("attribution_id", "event_id", "partner_id", "campaign_id", "click_id", "commission_id",
         "payout_id"),
        new_id,
    ),
    "campaign_ids": lambda: [new_id()],
    "commission_ids": lambda: [new_id()],
    "model": lambda: "last_click",
    "weight": lambda: "1.0000",
    "event_type": lambda: "invoice_paid",
    "event_value": lambda: "200.00",
    "commission_amount": lambda: "40.00",
    "commission_currency": lambda: "USD",
    "amount": lambda: "40.00",
    "currency": lambda: "USD",
    "email": lambda: "pat@example.com",
    "name": lambda: "Pat Partner",
    "activated_at": now,
    "invited": lambda: True,
    "network_creator_id": lambda: "crt_sample",
    "method": lambda: "manual",
    "platform_fee": lambda: None,
}  # fmt: skip
