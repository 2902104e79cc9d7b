"""The wire of payout settings."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from api.fields import Amount, Currency, In, Out
from shared.money import MoneyError, to_minor

Rail = Literal["auto", "stripe_connect", "manual"]
Cadence = Literal["weekly", "biweekly", "monthly", "manual"]
Amounts = Annotated[dict[Currency, Amount], Field(max_length=200)]
AmountTexts = Annotated[dict[str, str], Field(examples=[{"USD": "50.00"}])]


class PayoutSettingsChange(In):
    """Only what is named changes.

    `thresholdCents` is the least that is paid out, in hundredths of whatever currency;
    `thresholds` says otherwise for single currencies, and `approvalAbove` from which amounts on a
    second person has to agree. Both replace what was there.
    """

    rail: Rail | None = None
    threshold_cents: int | None = Field(None, ge=0, le=100_000, strict=True)
    cadence: Cadence | None = None
    thresholds: Amounts | None = None
    approval_above: Amounts | None = None
    frozen: bool | None = None

    @model_validator(mode="after")
    def _expressible(self) -> Self:
        for amounts in (self.thresholds, self.approval_above):
            for currency, amount in (amounts or {}).items():
                try:
                    to_minor(amount, currency)
                except MoneyError as problem:
                    raise ValueError(str(problem)) from problem
        return self


class PayoutSettingsOut(Out):
    """How payouts are made; while `frozen`, none is begun."""

    rail: Rail
    threshold_cents: int
    cadence: Cadence
    thresholds: AmountTexts
    approval_above: AmountTexts
    frozen: bool
