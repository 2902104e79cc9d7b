"""The wire of conversions."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from api.features.attribution.for_others import AttributionOut
from api.fields import Amount, Currency, In, Metadata, Out, Time
from shared.clock import now
from shared.money import decimals_of, to_minor

CORRECTIONS = ("refund", "chargeback", "dispute_created", "dispute_won", "dispute_lost")
CLOCK_TOLERANCE = timedelta(minutes=5)


def _known(currency: str) -> str:
    decimals_of(currency)
    return currency


def _not_ahead(moment: Time) -> Time:
    if moment > now() + CLOCK_TOLERANCE:
        raise ValueError("lies more than 5 minutes in the future")
    return moment


Cref = Annotated[str, Field(min_length=1, max_length=255, description="The click id.")]
UserId = Annotated[
    str,
    Field(min_length=1, max_length=255, description="The merchant's own id of the customer."),
]
EventType = Annotated[str, Field(min_length=1, max_length=80)]
Happened = Annotated[Time, AfterValidator(_not_ahead)]
EventCurrency = Annotated[Currency, AfterValidator(_known)]


class Identify(In):
    """A click became this customer. `ts` is accepted for older clients and not used."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"cref": "019b0a5e-7c1a-7d2e-9f00-3c5d8e7a1b2c", "userId": "customer-42"}]
        }
    )

    cref: Cref
    user_id: UserId
    ts: Annotated[float, Field(strict=True)] | Annotated[str, Field(max_length=64)] | None = None


class Identified(Out):
    """`firstStitch`: this click wasn't known to be this customer's.

    `backfilledAttributions`: how many earlier events are credited now that it is. `proposed`: the
    click's campaign believes servers only, so it is kept until a key with `identify:write` says it.
    """

    ok: bool
    identity_id: UUID | None
    first_stitch: bool
    backfilled_attributions: int
    proposed: bool


class EventReport(In):
    """What a customer did. `value` is in major units, with no more decimals than its currency has.

    `ts` is when it happened, now unless given. It may lie at most 5 minutes in the future, since
    clocks differ, and as far in the past as 1970, so that history can be handed in: clicks after it
    don't count, campaigns must have run at that time, and holdback counts from today all the same.

    A `refund`, `chargeback`, `dispute_created`, `dispute_won` or `dispute_lost` that `corrects` a sale,
    named by its `externalId`, takes back or holds what the sale has earned: in proportion to `value`,
    all of it without one. It may come before the sale, and in parts.

    The same `externalId` again changes nothing and gives the same answer; an `Idempotency-Key` does
    the same for 24 hours. With neither, every report is a new event.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "userId": "customer-42",
                    "type": "invoice_paid",
                    "value": "200.00",
                    "currency": "USD",
                    "externalId": "invoice-1001",
                    "metadata": {"plan": "team"},
                }
            ]
        }
    )

    user_id: UserId
    type: EventType
    # Before the value, whose decimals it decides.
    currency: EventCurrency = "USD"
    value: Amount | None = None
    metadata: Metadata = Field(default_factory=dict)
    ts: Happened | None = None
    external_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    corrects: (
        Annotated[
            str,
            Field(min_length=1, max_length=255, description="The `externalId` of the sale."),
        ]
        | None
    ) = None

    @field_validator("corrects")
    @classmethod
    def _is_a_correction(cls, corrects: str | None, given: ValidationInfo) -> str | None:
        if corrects is not None and given.data.get("type") not in CORRECTIONS:
            raise ValueError(f"only goes with the types {', '.join(CORRECTIONS)}")
        return corrects

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

    @property
    def content(self) -> dict[str, Any]:
        """What makes it this event and no other, however it was written down."""
        return {
            "user_id": self.user_id,
            "type": self.type,
            "currency": self.currency,
            "value_minor": self.value_minor,
            "metadata": self.metadata,
            "ts": None if self.ts is None else self.ts.isoformat(),
            **({} if self.corrects is None else {"corrects": self.corrects}),
        }


class Corrected(Out):
    """What a correction did. `waiting`: its sale isn't known yet; it is applied when that arrives."""

    status: Literal["applied", "waiting"]


class Reported(Out):
    """`replayed`: this event was known already, and nothing was done."""

    ok: bool
    event_id: UUID
    replayed: bool
    attribution: AttributionOut
    correction: Corrected | None
