"""The wire of redemptions."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from api.features.conversions.for_others import EventCurrency, EventType, Happened
from api.features.coupons.for_others import Code
from api.fields import Amount, In, Out
from shared.money import to_minor

EXAMPLE: dict[str, Any] = {
    "code": "PAT20",
    "userId": "customer-42",
    "eventType": "invoice_paid",
    "value": "200.00",
    "currency": "USD",
    "externalEventId": "order-1001",
}


class Redeem(In):
    """An order at which a coupon was used. The same `externalEventId` and `eventType` count once."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Code
    event_type: EventType
    # Before the value, whose decimals it decides.
    currency: EventCurrency = "USD"
    value: Amount | None = None
    external_event_id: Annotated[str, Field(min_length=1, max_length=120)]
    user_id: Annotated[str, Field(min_length=1, max_length=120)]
    ts: Happened | None = None

    @field_validator("value")
    @classmethod
    def _fits_its_currency(cls, value: Decimal | None, given: ValidationInfo) -> Decimal | None:
        currency = given.data.get("currency")
        if value is not None and currency is not None:
            to_minor(value, currency)
        return value

    @property
    def value_minor(self) -> int | None:
        return None if self.value is None else to_minor(self.value, self.currency)


class Redeemed(Out):
    """`replayed`: this event was known already, and is credited at most once."""

    ok: bool
    event_id: UUID
    partner_id: UUID
    replayed: bool
