"""Statements about coupons; row security keeps them to the pinned tenant."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, bindparam, func, select, text

from shared.models.campaign import Campaign
from shared.models.coupon import Coupon, CouponRedemption
from shared.models.event import Event
from shared.models.grant import Grant
from shared.models.partner import Partner
from shared.models.tenant import Tenant

LATELY = timedelta(days=90)

# One statement for any number of grants. A code is the address's beginning and random digits; where
# a code is taken, nothing is inserted for its pair, and asking again tries another one.
MINT = text(
    """
    with missing as materialized (
        select wanted.partner_id, wanted.campaign_id,
            upper(left(regexp_replace(split_part(p.email, '@', 1), '[^A-Za-z0-9]', '', 'g'), 12))
                || upper(left(replace(gen_random_uuid()::text, '-', ''), :digits)) as code
        from unnest(:partners, :campaigns) wanted(partner_id, campaign_id)
        join partners p on p.id = wanted.partner_id
        where not exists (
            select from coupons c where c.partner_id = wanted.partner_id
                and c.campaign_id = wanted.campaign_id and c.deactivated_at is null)
    ), minted as (
        insert into coupons (id, partner_id, campaign_id, code)
        select uuid_v7(), partner_id, campaign_id, code from missing
        on conflict do nothing
        returning id
    )
    select (select count(*) from missing) - (select count(*) from minted)
    """
).bindparams(bindparam("partners", type_=ARRAY(Uuid)), bindparam("campaigns", type_=ARRAY(Uuid)))

# A code that its own partner withdrew for this campaign comes back; anybody else's stays taken.
CREATE = text(
    """
    insert into coupons (id, partner_id, campaign_id, code)
    select cast(:id as uuid), cast(:partner as uuid), cast(:campaign as uuid), cast(:code as varchar)
    where not exists (
        select from coupons where partner_id = cast(:partner as uuid)
            and campaign_id = cast(:campaign as uuid) and deactivated_at is null
            and code <> cast(:code as varchar))
    on conflict (tenant_id, code) do update set deactivated_at = null
        where coupons.partner_id = cast(:partner as uuid) and coupons.campaign_id = cast(:campaign as uuid)
            and coupons.deactivated_at is not null
    returning id
    """
)


def promotes(partner_id: UUID, campaign_id: UUID) -> Select[str, UUID | None]:
    """The partner's address, and the campaign's id if the partner promotes it."""
    granted = and_(
        Grant.partner_id == Partner.id, Grant.campaign_id == campaign_id, Grant.ended_at.is_(None)
    )
    return (
        select(Partner.email, Campaign.id)
        .outerjoin(Grant, granted)
        .outerjoin(Campaign, Campaign.id == Grant.campaign_id)
        .where(Partner.id == partner_id)
    )


def proven() -> Select[Any, int]:
    """When a coupon of the tenant's was first redeemed, and how many coupons there are."""
    return select(
        select(Tenant.coupon_integration_verified_at).scalar_subquery(),
        select(func.count()).where(Coupon.deactivated_at.is_(None)).scalar_subquery(),
    )


def coupons_of(partner_id: UUID) -> Select[Coupon, int]:
    """A partner's coupons with how often each was redeemed lately."""
    redeemed = (
        select(func.count())
        .where(
            CouponRedemption.coupon_id == Coupon.id,
            CouponRedemption.redeemed_at >= func.now() - LATELY,
        )
        .scalar_subquery()
    )
    return select(Coupon, redeemed).where(Coupon.partner_id == partner_id)


def revenue_of(coupon_ids: Sequence[UUID]) -> Select[UUID, str, Any]:
    """By coupon and currency: the value of events that these were redeemed with lately."""
    return (
        select(CouponRedemption.coupon_id, Event.currency, func.sum(Event.value_minor))
        .join(
            Event,
            and_(
                Event.source == CouponRedemption.source,
                Event.external_id == CouponRedemption.external_id,
            ),
        )
        .where(
            CouponRedemption.coupon_id.in_(coupon_ids),
            CouponRedemption.redeemed_at >= func.now() - LATELY,
            Event.value_minor.is_not(None),
        )
        .group_by(CouponRedemption.coupon_id, Event.currency)
    )
