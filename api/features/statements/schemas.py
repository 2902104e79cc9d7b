"""The wire of statements."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Out, UtcTime

AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]
Sort = Literal["commission", "adjustment", "payout"]


class StatementLine(Out):
    """One movement of what a partner is owed; payouts are negative."""

    at: UtcTime
    sort: Sort
    kind: Annotated[str, Field(examples=["accrual"])]
    description: str
    amount: AmountText


class StatementCurrency(Out):
    """One currency: what was owed before, what moved it, and what is owed at the end.

    The opening balance and the three sums are the closing balance.
    """

    currency: str
    opening: AmountText
    commissions: AmountText
    adjustments: AmountText
    payouts: AmountText
    closing: AmountText
    lines: list[StatementLine]


class StatementOut(Out):
    """A partner's month, in UTC, currency by currency; `until` is the first day after it."""

    partner_id: UUID
    partner_name: str
    program: str
    month: Annotated[str, Field(examples=["2026-11"])]
    since: date
    until: date
    currencies: list[StatementCurrency]
