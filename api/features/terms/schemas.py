"""The commission rule, as it comes in and goes out."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from api.fields import Currency, In, Number, Out
from shared.money import to_minor

EventType = Annotated[str, Field(min_length=1, max_length=80)]
EventTypes = Annotated[tuple[EventType, ...], Field(max_length=20)]
HoldbackDays = Annotated[int, Field(ge=0, le=365, strict=True)]


class PercentRule(In):
    """A share of each event's value; `value` 20 is 20 %. Without `recurring`, a customer's first only."""

    type: Literal["percent"]
    value: Annotated[Number, Field(gt=0, le=100, decimal_places=4)]
    recurring: bool = False
    event_types: EventTypes = ()


class FixedRule(In):
    """An amount for each named type of event. Without `recurring`, once per customer and type."""

    type: Literal["fixed"]
    value: Annotated[Number, Field(gt=0, le=Decimal("1e9"))]
    currency: Currency = "USD"
    recurring: bool = False
    event_types: Annotated[EventTypes, Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_its_currency(self) -> Self:
        to_minor(self.value, self.currency)
        return self


CommissionRule = Annotated[PercentRule | FixedRule, Field(discriminator="type")]


class CommissionRuleOut(Out):
    """`value` is a percentage or an amount in major units, as a number."""

    type: Literal["percent", "fixed"]
    value: float
    currency: str | None
    recurring: bool
    event_types: list[str]
