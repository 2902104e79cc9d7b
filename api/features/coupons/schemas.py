"""The wire of coupons."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from api.fields import Id, In, Out, UtcTime

Code = Annotated[
    str,
    Field(min_length=3, max_length=40, pattern=r"^[A-Za-z0-9-]+$"),
    AfterValidator(str.upper),
]


class CouponCreate(In):
    """A coupon for one campaign. Without `code` we make one; small letters become capitals."""

    campaign_id: Id
    code: Code | None = None


class CouponOut(Out):
    """A code and what came of it in the last 90 days.

    `revenue90d` is by currency, in major units: the value of events that it was redeemed with.
    `deactivatedAt`: since when it credits nobody any more.
    """

    id: UUID
    tenant_id: UUID
    partner_id: UUID
    campaign_id: UUID
    code: str
    redemptions90d: Annotated[int, Field(alias="redemptions90d")]
    revenue90d: Annotated[dict[str, str], Field(alias="revenue90d")]
    deactivated_at: UtcTime | None
    created_at: UtcTime


class CouponList(Out):
    """One page of a partner's coupons, newest first."""

    coupons: list[CouponOut]
    next_cursor: str | None


class CouponWithdrawn(Out):
    """The code credits nobody any more."""

    ok: bool
