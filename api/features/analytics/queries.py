"""Reads for figures, each one statement however many rows it sums; row security pins the tenant.

A window begins at `since` and goes by when things happened: a click's time, an event's time.
Commissions follow their event, so that revenue and commission of one page belong together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    and_,
    cast,
    func,
    or_,
    select,
)

from api.features.analytics.click_counts import Window
from shared.models.click import FLAG_NOW, VERDICT_OF, Click, ClickVerdict
from shared.models.commission import Commission
from shared.models.decision import Credit
from shared.models.event import Event
from shared.models.identity import Identity
from shared.models.link import Link
from shared.models.partner import Partner

# As numeric: the largest amount times ten thousand parts is more than a bigint holds.
CREDITED_PARTS = func.sum(cast(Event.value_minor, Numeric) * Credit.weight_parts)


# How far a merchant's clock may be ahead of ours, with something to spare.
AHEAD = timedelta(minutes=10)


def _happened(since: datetime) -> ColumnElement[bool]:
    # A credit comes after its event; saying so lets the index skip the partner's older ones.
    return and_(Event.ts >= since, Credit.created_at >= since - AHEAD)


def _earned(since: datetime) -> ColumnElement[bool]:
    return and_(Event.ts >= since, Commission.accrued_at >= since - AHEAD)


def _has_value() -> ColumnElement[bool]:
    return func.coalesce(Event.value_minor, 0) != 0


def events_of(partner_id: UUID, since: datetime) -> Select[bool, int]:
    """Whether the partner exists, and how many events they were credited for."""
    events = (
        select(func.count(Credit.event_id.distinct()))
        .join(Event, Event.id == Credit.event_id)
        .where(Credit.partner_id == partner_id, _happened(since))
    )
    return select(
        select(Partner.id).where(Partner.id == partner_id).exists(), events.scalar_subquery()
    )


def revenue_of(partner_id: UUID, since: datetime) -> Select[str, Any]:
    """By currency, the value of events times the partner's parts of ten thousand."""
    return (
        select(Event.currency, CREDITED_PARTS)
        .join(Credit, Credit.event_id == Event.id)
        .where(Credit.partner_id == partner_id, _happened(since), _has_value())
        .group_by(Event.currency)
    )


def commissions_of(partner_id: UUID, since: datetime) -> Select[str, str, Any]:
    """By status and currency, in minor units."""
    return commissions(since).where(Commission.partner_id == partner_id)


def links_of(partner_id: UUID) -> Select[UUID, str]:
    """The partner's links, newest first."""
    return (
        select(Link.id, Link.link_key).where(Link.partner_id == partner_id).order_by(Link.id.desc())
    )


def clicks_by_link(partner_id: UUID, window: Window) -> Select[UUID | None, int, int]:
    """Clicks that count and flagged ones, by link: in one statement, so that they add up."""
    counts = window.counts(lambda table: table.partner_id == partner_id)
    sums = (cast(func.sum(column), BigInteger) for column in (counts.c.counted, counts.c.flagged))
    return select(counts.c.link_id, *sums).group_by(counts.c.link_id)


def credits_by_link(partner_id: UUID, since: datetime) -> Select[UUID | None, str, int, Any]:
    """By link and currency: credited events, and value times parts."""
    return (
        select(Click.link_id, Event.currency, func.count(Event.id.distinct()), CREDITED_PARTS)
        .join(Credit, Credit.event_id == Event.id)
        # Through the identity, which knows the click's time and so its month of clicks.
        .join(
            Identity,
            and_(Identity.click_id == Credit.click_id, Identity.user_id == Event.user_id),
        )
        .join(Click, and_(Click.id == Identity.click_id, Click.ts == Identity.click_ts))
        .where(Credit.partner_id == partner_id, _happened(since))
        .group_by(Click.link_id, Event.currency)
    )


def _customers(partner_id: UUID, since: datetime) -> CTE:
    """Whom the partner's clicks that count have become, click by click."""
    of_the_partner = or_(Identity.partner_id == partner_id, Identity.partner_id.is_(None))
    return (
        select(Identity.click_id, Identity.user_id)
        .join(Click, and_(Click.id == Identity.click_id, Click.ts == Identity.click_ts))
        .outerjoin(ClickVerdict, VERDICT_OF)
        .where(of_the_partner, Identity.click_ts >= since)
        .where(Click.partner_id == partner_id, FLAG_NOW.is_(None))
        .cte("customers")
    )


def _outcomes(customers: CTE, partner_id: UUID, since: datetime) -> CTE:
    """What these clicks were credited for; a credit's click has become the event's customer."""
    is_theirs = and_(customers.c.click_id == Credit.click_id, customers.c.user_id == Event.user_id)
    return (
        select(Event.user_id, Event.type, Event.currency, Event.value_minor, Credit.weight_parts)
        .join(Credit, Credit.event_id == Event.id)
        .join(customers, is_theirs)
        .where(Credit.partner_id == partner_id, Credit.created_at >= since - AHEAD)
        .cte("outcomes")
    )


def stages_of(partner_id: UUID, window: Window) -> Select[bool, int, int, int, int]:
    """Whether the partner exists; clicks, then distinct customers stage by stage."""
    counts = window.counts(lambda table: table.partner_id == partner_id)
    clicks = select(cast(func.coalesce(func.sum(counts.c.counted), 0), BigInteger))
    customers = _customers(partner_id, window.since)
    outcomes = _outcomes(customers, partner_id, window.since)
    identities = select(func.count(customers.c.user_id.distinct()))
    signups = select(func.count(outcomes.c.user_id.distinct())).where(outcomes.c.type == "signup")
    paid = select(func.count(outcomes.c.user_id.distinct())).where(outcomes.c.value_minor > 0)
    return select(
        select(Partner.id).where(Partner.id == partner_id).exists(),
        clicks.scalar_subquery(),
        identities.scalar_subquery(),
        signups.scalar_subquery(),
        paid.scalar_subquery(),
    )


def funnel_revenue_of(partner_id: UUID, since: datetime) -> Select[str, Any]:
    """By currency, what the clicks of the funnel brought."""
    outcomes = _outcomes(_customers(partner_id, since), partner_id, since)
    parts = func.sum(cast(outcomes.c.value_minor, Numeric) * outcomes.c.weight_parts)
    return (
        select(outcomes.c.currency, parts)
        .where(outcomes.c.value_minor > 0)
        .group_by(outcomes.c.currency)
    )


def program_counts(window: Window) -> Select[int, int, int, int]:
    """Partners, clicks that count, flagged clicks, credited events."""
    since, counts = window.since, window.counts()
    clicks = select(
        cast(func.coalesce(func.sum(counts.c.counted), 0), BigInteger).label("counted"),
        cast(func.coalesce(func.sum(counts.c.flagged), 0), BigInteger).label("flagged"),
    ).subquery()
    events = (
        select(func.count(Credit.event_id.distinct()))
        .join(Event, Event.id == Credit.event_id)
        .where(_happened(since))
    )
    return select(
        select(func.count()).select_from(Partner).scalar_subquery(),
        clicks.c.counted,
        clicks.c.flagged,
        events.scalar_subquery(),
    ).select_from(clicks)


def program_revenue(since: datetime) -> Select[str, Any]:
    """By currency, value times parts."""
    return (
        select(Event.currency, CREDITED_PARTS)
        .join(Credit, Credit.event_id == Event.id)
        .where(_happened(since), _has_value())
        .group_by(Event.currency)
    )


def commissions(since: datetime) -> Select[str, str, Any]:
    """By status and currency, in minor units, of everyone."""
    return (
        select(Commission.status, Commission.currency, func.sum(Commission.amount_minor))
        .join(Event, Event.id == Commission.event_id)
        .where(_earned(since))
        .group_by(Commission.status, Commission.currency)
    )


def every_partner() -> Select[Partner]:
    """Partners of the program, shut out or not."""
    return select(Partner)


def clicks_by_partner(partners: Sequence[UUID], window: Window) -> Select[UUID, int]:
    """Clicks that count, for one page of partners."""
    counts = window.counts(lambda table: table.partner_id.in_(partners))
    counted = cast(func.sum(counts.c.counted), BigInteger)
    return select(counts.c.partner_id, counted).group_by(counts.c.partner_id)


def credits_by_partner(partners: Sequence[UUID], since: datetime) -> Select[UUID, str, int, Any]:
    """By partner and currency: credited events, and value times parts."""
    return (
        select(Credit.partner_id, Event.currency, func.count(Event.id.distinct()), CREDITED_PARTS)
        .join(Event, Event.id == Credit.event_id)
        .where(Credit.partner_id.in_(partners), _happened(since))
        .group_by(Credit.partner_id, Event.currency)
    )


def commissions_by_partner(partners: Sequence[UUID], since: datetime) -> Select[UUID, str, Any]:
    """By partner and currency, in minor units, whatever was not reversed."""
    return (
        select(Commission.partner_id, Commission.currency, func.sum(Commission.amount_minor))
        .join(Event, Event.id == Commission.event_id)
        .where(
            Commission.partner_id.in_(partners),
            Commission.status != "reversed",
            _earned(since),
        )
        .group_by(Commission.partner_id, Commission.currency)
    )


def flagged_clicks(
    reason: str | None,
) -> Select[Click, str | None, str | None, str | None, ClickVerdict | None]:
    """Clicks that don't count: flag, names of partner and link if they are there, later verdict."""
    query = (
        select(Click, FLAG_NOW, Partner.name, Link.link_key, ClickVerdict)
        .outerjoin(ClickVerdict, VERDICT_OF)
        .outerjoin(Partner, Partner.id == Click.partner_id)
        .outerjoin(Link, Link.id == Click.link_id)
        # Each half has an index that knows flagged ones only.
        .where(or_(Click.flag.is_not(None), ClickVerdict.flag.is_not(None)))
    )
    return query.where(FLAG_NOW.in_([reason]) if reason else FLAG_NOW.is_not(None))
