"""The wire of payouts."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.fields import In, Out, UtcTime

Mode = Literal["selfhost", "flat", "revshare"]
PayoutMethod = Literal["stripe_connect", "manual", "external"]
PayoutStatus = Literal["pending", "paid", "failed"]
AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]


class PayoutPlanned(Out):
    """A payout that a run has made; `platformFee` is what the platform charges beside it, if it does."""

    payout_id: UUID
    partner_id: UUID
    amount: AmountText
    currency: str
    method: PayoutMethod
    status: PayoutStatus
    platform_fee: str | None
    error: str | None


class PayoutRun(Out):
    """What a run has made: one payout for each partner and currency with something approved."""

    run_id: UUID
    mode: Mode
    payouts: list[PayoutPlanned]


class PayoutConfirm(In):
    """`reference`: what finds the transfer again, such as the bank's number."""

    reference: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class PayoutOut(Out):
    """Money for one partner in one currency; `paid` only once it moved."""

    id: UUID
    tenant_id: UUID
    partner_id: UUID
    run_id: UUID
    amount: AmountText
    currency: str
    method: PayoutMethod
    stripe_transfer_id: str | None
    status: PayoutStatus
    metadata: Annotated[
        dict[str, Any],
        Field(
            description="`runId`, `commissionCount`, `platformFee`, `reference`, where there are."
        ),
    ]
    created_at: UtcTime
    completed_at: UtcTime | None


class PayoutList(Out):
    """One page of payouts, newest first."""

    payouts: list[PayoutOut]
    next_cursor: str | None


class PayoutConfirmed(Out):
    """The payout as it is now."""

    payout: PayoutOut
