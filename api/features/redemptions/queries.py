"""Statements about redemptions, each in one round trip."""

from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Select, and_, bindparam, or_, select, text

from shared.models.coupon import Coupon
from shared.models.event import Event

LANDING = "coupon://"
AGENT = "OpenPartner-CouponRedeem/1"
COUPON, API = "coupon", "api"


def coupon_by_code(code: str) -> Select[UUID, UUID, UUID, str]:
    """The coupon in force with its partner and campaign; codes are stored in capitals."""
    return select(Coupon.id, Coupon.partner_id, Coupon.campaign_id, Coupon.code).where(
        Coupon.code == code.strip().upper(), Coupon.deactivated_at.is_(None)
    )


def known(external_event_id: str, event_type: str) -> Select[Event]:
    """The event, if it was reported before: with a coupon, or without one."""
    return select(Event).where(
        or_(
            and_(Event.source == COUPON, Event.external_id == f"{event_type}:{external_event_id}"),
            and_(
                Event.source == API,
                Event.external_id == external_event_id,
                Event.type == event_type,
            ),
        )
    )


def lock_customer(user_id: str, payment: str | None) -> tuple[Any, dict[str, Any]]:
    """As events take it: the payment's lock first, if there is one, and then the customer's."""
    names = [f"customer:{{tenant}}:{user_id}"]
    if payment is not None:
        names.insert(0, f"payment:{{tenant}}:{payment}")
    statement = text(
        """
        select pg_advisory_xact_lock(hashtextextended(
            replace(name, '{tenant}', current_setting('app.tenant_id')), 0))
        from unnest(cast(:names as text[])) as name
        """
    )
    return statement, {"names": names}


# A click that nobody made, whose time is the event's; unless the customer has one of the partner's
# in this campaign that counts by itself. Answers when the click was made that is theirs since now.
STITCH = text(
    """
    with known as (
        select from identities i
        join clicks c on c.id = i.click_id and c.ts = i.click_ts
        left join click_verdicts v on v.click_id = c.id
        join campaigns g on g.id = c.campaign_id
        where i.user_id = :user_id and c.partner_id = :partner_id
            and c.campaign_id = :campaign_id and c.ts <= :ts
            and c.ts >= :ts - make_interval(days => g.attribution_window_days)
            and case when v.click_id is null then c.flag else v.flag end is null
        limit 1
    ), click as (
        insert into clicks (id, ts, partner_id, campaign_id, landing_url, user_agent)
        select :click_id, :click_ts, :partner_id, :campaign_id, :landing, :agent
        where not exists (select from known)
        returning id, ts
    ), identity as (
        insert into identities (id, click_id, click_ts, user_id, partner_id)
        select :identity_id, id, ts, :user_id, :partner_id from click
    ), redeemed as (
        insert into coupon_redemptions (id, coupon_id, user_id, source, external_id, redeemed_at)
        values (:redemption_id, :coupon_id, :user_id, :source, :external_id, :ts)
        on conflict (tenant_id, coupon_id, source, external_id) do nothing
    ), proven as (
        update tenants set coupon_integration_verified_at = now()
        where coupon_integration_verified_at is null
    )
    select ts from click
    """
).bindparams(*(bindparam(name, type_=DateTime(timezone=True)) for name in ("ts", "click_ts")))
