"""The wire of the ledger."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Out, UtcTime

AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]
Account = Literal["pending", "available", "held", "in_transit", "paid"]


class BalanceOut(Out):
    """What a partner has in one currency.

    `pending` waits for its approval, `available` goes into the next payout (below zero the partner
    owes it, and it is netted there), `held` waits for disputes to end, `inTransit` is in payouts under
    way. `earned` is the sum of all.
    """

    currency: str
    pending: AmountText
    available: AmountText
    held: AmountText
    in_transit: AmountText
    paid: AmountText
    earned: AmountText


class PartnerBalance(Out):
    """One balance for each currency that the partner ever earned in."""

    partner_id: UUID
    balances: list[BalanceOut]


class LedgerLine(Out):
    """Into an account of the partner's (above zero) or out of it."""

    account: Account
    amount: AmountText
    currency: str
    commission_id: UUID | None
    payout_id: UUID | None


class LedgerEntryOut(Out):
    """One movement; it never changes, and what was wrong is followed by another that puts it right."""

    id: UUID
    key: str
    kind: str
    created_at: UtcTime
    details: dict[str, Any]
    lines: list[LedgerLine]


class LedgerPage(Out):
    """One page of a partner's movements, newest first."""

    entries: list[LedgerEntryOut]
    next_cursor: str | None
