"""The wire of commissions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Out, UtcTime

CommissionStatus = Literal["accrued", "approved", "paid", "reversed"]
AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]


class CommissionOut(Out):
    """What one credit earns. `holdbackDays` and `matureAt` come from the terms that it was priced by.

    It is claimed by a payout from the moment `payoutId` is set, and paid once that payout is. The
    merchant's own id of the customer, `userId`, is not for partners: they see null.
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


class CommissionList(Out):
    """One page of commissions, newest first."""

    commissions: list[CommissionOut]
    next_cursor: str | None


class CommissionChanged(Out):
    """The commission as it is now."""

    commission: CommissionOut
