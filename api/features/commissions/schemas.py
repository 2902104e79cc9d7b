"""The wire of commissions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Id, In, Out, UtcTime

CommissionStatus = Literal["accrued", "approved", "paid", "reversed"]
AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]


class CommissionOut(Out):
    """What one credit earns. `holdbackDays` and `matureAt` come from the terms that it was priced by.

    It is claimed by a payout from the moment `payoutId` is set, and paid once that payout is. Refunds
    and lost disputes take back `clawedBack` of it, open disputes hold `held`; `net` is what is left.
    `reversedBy`: `person`, `correction` (all of it was refunded or lost; it comes back if that comes to
    nothing) or `reattribution`. The merchant's own id of the customer, `userId`, is not for partners:
    they see null.
    """

    id: UUID
    tenant_id: UUID
    attribution_id: UUID
    event_id: UUID
    event_type: str
    user_id: str | None
    partner_id: UUID
    partner_name: str
    campaign_id: UUID
    campaign_name: str
    amount: AmountText
    currency: str
    status: CommissionStatus
    holdback_days: int | None
    mature_at: UtcTime | None
    accrued_at: UtcTime
    approved_at: UtcTime | None
    paid_at: UtcTime | None
    reversed_at: UtcTime | None
    payout_id: UUID | None
    clawed_back: AmountText
    held: AmountText
    net: AmountText
    reversed_by: Literal["person", "correction", "reattribution"] | None
    reversal_reason: str | None


class CommissionList(Out):
    """One page of commissions, newest first."""

    commissions: list[CommissionOut]
    next_cursor: str | None


class CommissionReverse(In):
    """`reason`: shown to admins, in the ledger and in the trail."""

    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class CommissionsApprove(In):
    """Which commissions; 500 at most."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class CommissionRefused(Out):
    """Why one of them was not approved."""

    id: str
    error: Literal["not_found", "holdback_active", "not_approvable"]


class CommissionsApproved(Out):
    """What was approved, and what wasn't; the one never keeps back the other."""

    approved: list[UUID]
    refused: list[CommissionRefused]


class CommissionChanged(Out):
    """The commission as it is now."""

    commission: CommissionOut
