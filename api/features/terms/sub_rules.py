"""One of several rules: what triggers it, what it asks of an event, and what it pays."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from api.fields import Currency, In, Key, Number, Out
from shared.money import to_minor

MOST_MONTHS = 600
MOST_CONDITIONS = 10

EventType = Annotated[str, Field(min_length=1, max_length=80)]
EventTypes = Annotated[tuple[EventType, ...], Field(max_length=20)]
HoldbackDays = Annotated[int, Field(ge=0, le=365, strict=True)]
Percentage = Annotated[Number, Field(gt=0, le=100, decimal_places=4)]
Trigger = Literal["every", "first", "subsequent"]
Product = Annotated[str, Field(min_length=1, max_length=120)]
Products = Annotated[tuple[Product, ...], Field(max_length=100)]
Accepted = Annotated[tuple[Product, ...], Field(min_length=1, max_length=20)]
Conditions = Annotated[
    dict[Annotated[Key, Field(min_length=1, max_length=120)], Product | Accepted],
    Field(max_length=MOST_CONDITIONS),
]


class SubRuleBase(In):
    """What percentages and amounts have in common.

    `trigger`: every event of the type, the customer's first that the partner is credited for, or all
    but that. `recurringMonths` ends it so many months (of 30.4375 days) after that first event.
    `products` and `excludedProducts` are looked for in the event's metadata (`productId`,
    `productIds`, `items` and the like); `metadata` names what it has to hold: one text for each key,
    or several of which one will do.
    """

    trigger: Trigger = "every"
    event_type: EventType | None = None
    event_types: EventTypes = ()
    recurring: bool = False
    recurring_months: Annotated[int, Field(ge=1, le=MOST_MONTHS, strict=True)] | None = None
    products: Products = ()
    excluded_products: Products = ()
    metadata: Conditions = Field(default_factory=dict)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.event_type is not None and self.event_types:
            raise ValueError("name either eventType or eventTypes")
        if self.trigger == "first" and not self.types:
            raise ValueError("a first event needs an eventType")
        if self.recurring_months is not None and not self.recurring:
            raise ValueError("recurringMonths needs recurring")
        return self

    @property
    def types(self) -> tuple[str, ...]:
        """The types of event that it pays for; none means all."""
        return self.event_types if self.event_type is None else (self.event_type,)

    @property
    def conditions(self) -> dict[str, list[str]]:
        """What metadata has to hold, each with every text that will do."""
        return {
            name: [wanted] if isinstance(wanted, str) else list(wanted)
            for name, wanted in self.metadata.items()
        }


class PercentSubRule(SubRuleBase):
    """A share of the event's value; `value` 20 is 20 %."""

    type: Literal["percent"]
    value: Percentage


class FixedSubRule(SubRuleBase):
    """An amount for each event of the named types."""

    type: Literal["fixed"]
    value: Annotated[Number, Field(gt=0, le=Decimal("1e9"))]
    currency: Currency = "USD"

    @model_validator(mode="after")
    def _fits_its_currency(self) -> Self:
        to_minor(self.value, self.currency)
        if not self.types:
            raise ValueError("a fixed amount needs an eventType")
        return self


SubRule = Annotated[PercentSubRule | FixedSubRule, Field(discriminator="type")]


class SubRuleOut(Out):
    """`value` is a percentage or an amount in major units, as a number.

    `eventType` is the only one of `eventTypes`, if there is only one.
    """

    trigger: Trigger
    type: Literal["percent", "fixed"]
    value: float
    currency: str | None
    event_type: str | None
    event_types: list[str]
    recurring: bool
    recurring_months: int | None
    products: list[str]
    excluded_products: list[str]
    metadata: dict[str, list[str]]
