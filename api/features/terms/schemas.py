"""The commission rule, as it comes in and goes out."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from api.features.terms.sub_rules import EventTypes, HoldbackDays, Percentage, SubRule, SubRuleOut
from api.fields import Amount, Currency, In, Number, Out
from shared.money import to_minor

MOST_RULES = 10
MOST_CAPS = 10


class PercentRule(In):
    """A share of each event's value; `value` 20 is 20 %. Without `recurring`, a customer's first only."""

    type: Literal["percent"]
    value: Percentage
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


OneRule = Annotated[PercentRule | FixedRule, Field(discriminator="type")]
SubRules = Annotated[tuple[SubRule, ...], Field(min_length=1, max_length=MOST_RULES)]


def _form(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "one"


# One rule, as clients have always sent it, or a list of rules that each pay apart from the others.
CommissionRule = Annotated[
    Annotated[OneRule, Tag("one")] | Annotated[SubRules, Tag("list")], Discriminator(_form)
]


class CommissionCap(In):
    """The most that each partner earns from the campaign in a currency, per day, month, or ever.

    Days and months are those of UTC, and of when events happened. What was reversed leaves room.
    """

    amount: Amount
    currency: Currency = "USD"
    period: Literal["day", "month", "campaign"]

    @model_validator(mode="after")
    def _fits_its_currency(self) -> Self:
        to_minor(self.amount, self.currency)
        return self


def _each_once(caps: tuple[CommissionCap, ...]) -> tuple[CommissionCap, ...]:
    if len({(cap.currency, cap.period) for cap in caps}) < len(caps):
        raise ValueError("names a currency and period twice")
    return caps


CommissionCaps = Annotated[
    tuple[CommissionCap, ...], Field(max_length=MOST_CAPS), AfterValidator(_each_once)
]


class CommissionApproval(In):
    """Who approves commissions. `manual`: a person, always. `automatic`: nobody has to, once they are

    mature; with `upTo`, only those up to this amount, while a person looks at larger ones and at
    other currencies. Without any of it, what was held back is approved when it is mature, and a
    person approves what wasn't.
    """

    mode: Literal["automatic", "manual"]
    up_to: Amount | None = None
    currency: Currency = "USD"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.up_to is not None:
            if self.mode == "manual":
                raise ValueError("upTo goes with automatic approval")
            to_minor(self.up_to, self.currency)
        return self


class CommissionSnapshot(In):
    """A partner's own terms, in place of a campaign's. What isn't named stays as the campaign has it.

    `commissionRules` wins over the single rule of the other fields. Without it, and without both
    `commissionType` and `commissionValue`, nothing was agreed, and it is ignored. A fixed amount
    needs event types: the snapshot's, or those of the campaign's rule.
    """

    commission_type: Literal["percent", "fixed"] | None = None
    commission_value: Annotated[Number, Field(ge=0, le=Decimal("1e9"))] | None = None
    currency: Currency | None = None
    recurring: bool | None = None
    holdback_days: HoldbackDays | None = None
    event_types: EventTypes | None = None
    commission_rules: SubRules | None = None
    commission_caps: CommissionCaps | None = None
    approval: CommissionApproval | None = None

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
        one = self.commission_type is not None and self.commission_value is not None
        return one or self.commission_rules is not None


class CommissionRuleOut(Out):
    """`value` is a percentage or an amount in major units, as a number."""

    type: Literal["percent", "fixed"]
    value: float
    currency: str | None
    recurring: bool
    event_types: list[str]


RuleOut = CommissionRuleOut | list[SubRuleOut]


class CapOut(Out):
    """The most that a partner earns, in major units of its currency."""

    amount: str
    currency: str
    period: Literal["day", "month", "campaign"]


class ApprovalOut(Out):
    """Who approves; `upTo` is in major units."""

    mode: Literal["automatic", "manual"]
    up_to: str | None
    currency: str | None
