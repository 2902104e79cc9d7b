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


class CommissionSnapshot(In):
    """A partner's own terms, in place of a campaign's. What isn't named stays as the campaign has it.

    Without both `commissionType` and `commissionValue` nothing was agreed, and it is ignored. A
    fixed amount needs event types: the snapshot's, or those of the campaign's rule.
    """

    commission_type: Literal["percent", "fixed"] | None = None
    commission_value: Annotated[Number, Field(ge=0, le=Decimal("1e9"))] | None = None
    currency: Currency | None = None
    recurring: bool | None = None
    holdback_days: HoldbackDays | None = None
    event_types: EventTypes | None = None

    @model_validator(mode="after")
    def _is_a_percentage(self) -> Self:
        value = self.commission_value
        if self.commission_type == "percent" and value is not None:
            if value > 100:  # noqa: PLR2004  # per cent
                raise ValueError("a percentage is at most 100")
            if value != round(value, 4):
                raise ValueError("a percentage has at most 4 decimals")
        return self

    @property
    def is_agreed(self) -> bool:
        """Whether it says what is paid."""
        return self.commission_type is not None and self.commission_value is not None


class CommissionRuleOut(Out):
    """`value` is a percentage or an amount in major units, as a number."""

    type: Literal["percent", "fixed"]
    value: float
    currency: str | None
    recurring: bool
    event_types: list[str]
