"""The wire of corrections."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from api.fields import Currency, In, Number, Out, UtcTime
from shared.money import decimals_of, to_minor

AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]
Signed = Annotated[Number, Field(ge=Decimal("-1e12"), le=Decimal("1e12"))]
CorrectionState = Literal["applied", "waiting", "overdue", "unclear"]


def _known(currency: str) -> str:
    decimals_of(currency)
    return currency


class AdjustmentNew(In):
    """Something that a partner gets besides commissions, or owes (below zero), in the next payout.

    `bonus`: a gift. `manual`: puts something right, in either direction. `write_off`: forgives what
    the partner owes. The same `key` is never made twice, however long ago.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "bonus",
                    "amount": "50.00",
                    "currency": "USD",
                    "reason": "Best partner of November",
                    "key": "november-bonus",
                }
            ]
        }
    )

    kind: Literal["bonus", "manual", "write_off"]
    # Before the amount, whose decimals it decides.
    currency: Annotated[Currency, AfterValidator(_known)] = "USD"
    amount: Signed
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @field_validator("amount")
    @classmethod
    def _fits_its_currency(cls, amount: Decimal, given: ValidationInfo) -> Decimal:
        currency = given.data.get("currency")
        if currency is not None:
            to_minor(amount, currency)
        if not amount or (amount < 0 and given.data.get("kind") != "manual"):
            raise ValueError("must be above zero; only `manual` may be below")
        return amount

    @property
    def amount_minor(self) -> int:
        return to_minor(self.amount, self.currency)


class AdjustmentOut(Out):
    """An adjustment; `payoutId` is the payout that it went into, null until then.

    Besides those that people make there are those that carry corrections of commissions that were in
    a payout already: `clawback`, `hold`, `release`, `recredit`; and `returned`, of payouts that came
    back in part. `repricing` comes from other terms that were applied to the past.
    """

    id: UUID
    partner_id: UUID
    kind: Literal[
        "bonus",
        "manual",
        "repricing",
        "write_off",
        "clawback",
        "hold",
        "release",
        "recredit",
        "returned",
    ]
    amount: AmountText
    currency: str
    key: str
    reason: str | None
    commission_id: UUID | None
    payout_id: UUID | None
    created_at: UtcTime


class AdjustmentMade(Out):
    """The adjustment, as it is now."""

    adjustment: AdjustmentOut


class AdjustmentList(Out):
    """One page of a partner's adjustments, newest first."""

    adjustments: list[AdjustmentOut]
    next_cursor: str | None


class CorrectionOut(Out):
    """What was said of a payment. `key` is the id of the refund or dispute with its `source`.

    `state`: `applied`; `waiting` for a sale with one of its `references`; `overdue`, because that
    hasn't come in 30 days; `unclear`, because it is in another currency than its sale.
    """

    id: UUID
    kind: Literal["refund", "refund_total", "dispute"]
    source: str
    key: str
    status: Literal["succeeded", "failed", "open", "lost", "won"]
    amount: AmountText | None
    currency: str | None
    references: list[str]
    event_ids: list[UUID]
    state: CorrectionState
    ts: UtcTime
    created_at: UtcTime


class CorrectionList(Out):
    """One page of refunds and disputes, newest first."""

    corrections: list[CorrectionOut]
    next_cursor: str | None
