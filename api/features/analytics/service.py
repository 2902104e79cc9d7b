"""Puts figures together; the only arithmetic is one rounding per currency."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.analytics import queries
from api.features.analytics.click_counts import Window, rolled_until
from api.features.analytics.errors import PartnerNotFound
from api.features.analytics.schemas import (
    CommissionByStatus,
    Dashboard,
    FlaggedClick,
    Funnel,
    FunnelRates,
    FunnelStages,
    LinkFigures,
    PartnerFigures,
    Totals,
)
from shared import clock
from shared.models.click import Click, ClickVerdict
from shared.models.partner import Partner
from shared.money import half_up, to_major

USUAL_DAYS = 30
PARTS = 10_000
Minor = dict[str, int]
STATUSES = ("accrued", "approved", "paid", "reversed")


def beginning(since: datetime | None) -> datetime:
    """The window that is looked at: since a moment, or the last 30 days and what there is of today."""
    # From midnight on, because days are rolled up whole: what is part of one is counted click by click.
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return since or midnight - timedelta(days=USUAL_DAYS)


async def dashboard(
    session: AsyncSession, partner_id: UUID, since: datetime, *, with_links: bool
) -> Dashboard:
    """One partner's figures."""
    exists, events = (await session.execute(queries.events_of(partner_id, since))).one()
    if not exists:
        raise PartnerNotFound
    window = await _window(session, since)
    clicks = (await session.execute(queries.clicks_by_link(partner_id, window))).all()
    revenue = (await session.execute(queries.revenue_of(partner_id, since))).all()
    earned = (await session.execute(queries.commissions_of(partner_id, since))).all()
    figures = Dashboard(
        partner_id=partner_id,
        since=since,
        clicks=sum(counted for _, counted, _ in clicks),
        flagged_clicks=sum(flagged for _, _, flagged in clicks),
        attributed_events=events,
        attributed_revenue=_shares(revenue),
        commission_by_status=CommissionByStatus.model_validate(_by_status(earned)),
    )
    if with_links:
        counted = {link: counted for link, counted, _ in clicks}
        figures.links = await _links(session, partner_id, since, counted)
    return figures


async def _window(session: AsyncSession, since: datetime) -> Window:
    return Window(since, await session.scalar(rolled_until()))


async def _links(
    session: AsyncSession, partner_id: UUID, since: datetime, clicks: Mapping[UUID | None, int]
) -> list[LinkFigures]:
    known = (await session.execute(queries.links_of(partner_id))).all()
    credited = (await session.execute(queries.credits_by_link(partner_id, since))).all()
    events, revenue = _events_and_revenue(credited)
    return [
        LinkFigures(
            link_key=link_key,
            clicks=clicks.get(link, 0),
            attributed_events=events.get(link, 0),
            attributed_revenue=_shares(revenue.get(link, ())),
        )
        for link, link_key in known
    ]


async def funnel(session: AsyncSession, partner_id: UUID, since: datetime) -> Funnel:
    """What became of one partner's clicks."""
    window = await _window(session, since)
    row = (await session.execute(queries.stages_of(partner_id, window))).one()
    exists, clicks, identities, signups, paid = row
    if not exists:
        raise PartnerNotFound
    revenue = (await session.execute(queries.funnel_revenue_of(partner_id, since))).all()
    return Funnel(
        partner_id=partner_id,
        since=since,
        stages=FunnelStages(clicks=clicks, identities=identities, signups=signups, paid=paid),
        rates=FunnelRates(
            stitch_rate=_rate(identities, clicks),
            signup_rate=_rate(signups, identities),
            paid_rate=_rate(paid, signups),
            overall=_rate(paid, clicks),
        ),
        revenue=_shares(revenue),
    )


async def totals(session: AsyncSession, since: datetime) -> Totals:
    """Everybody's figures."""
    row = (await session.execute(queries.program_counts(await _window(session, since)))).one()
    partners, clicks, flagged, events = row
    revenue = (await session.execute(queries.program_revenue(since))).all()
    earned = _by_status((await session.execute(queries.commissions(since))).all())
    return Totals(
        partners=partners,
        clicks=clicks,
        flagged_clicks=flagged,
        attributed_events=events,
        attributed_revenue=_shares(revenue),
        commission_accrued=earned["accrued"],
        commission_approved=earned["approved"],
        commission_paid=earned["paid"],
    )


async def partner_figures(
    session: AsyncSession, partners: list[Partner], since: datetime
) -> list[PartnerFigures]:
    """One page of partners, in three statements however many they are."""
    ids = [partner.id for partner in partners]
    clicked = await session.execute(queries.clicks_by_partner(ids, await _window(session, since)))
    clicks = dict(clicked.all())
    credited = (await session.execute(queries.credits_by_partner(ids, since))).all()
    events, revenue = _events_and_revenue(credited)
    earned: dict[UUID, Minor] = defaultdict(dict)
    for partner, currency, minor in await session.execute(
        queries.commissions_by_partner(ids, since)
    ):
        earned[partner][currency] = int(minor)
    return [
        PartnerFigures(
            id=partner.id,
            name=partner.name,
            email=partner.email,
            stripe_connected=partner.stripe_connect_account_id is not None,
            activated_at=partner.activated_at,
            revoked_at=partner.revoked_at,
            clicks=clicks.get(partner.id, 0),
            events=events.get(partner.id, 0),
            revenue=_shares(revenue.get(partner.id, ())),
            commission=_shown(earned.get(partner.id, {})),
        )
        for partner in partners
    ]


def show(
    click: Click,
    flag: str,
    partner_name: str | None,
    link_key: str | None,
    verdict: ClickVerdict | None,
) -> FlaggedClick:
    """A flagged click as the review queue shows it; who flagged it later, and by which version."""
    named = {
        "fraud_flag": flag,
        "rule_version": verdict.rule_version if verdict else click.flag_version,
        "flagged_by": (verdict.decided_by or verdict.source) if verdict else "router",
        "partner_name": partner_name,
        "link_key": link_key,
    }
    columns = {column.key: getattr(click, column.key) for column in Click.__table__.columns}
    return FlaggedClick.model_validate({**columns, **named})


def _events_and_revenue(
    credited: Iterable[Any],
) -> tuple[dict[UUID | None, int], dict[UUID | None, list[tuple[str, Any]]]]:
    """Rows of (owner, currency, events, value times parts); an event has one currency."""
    events: dict[UUID | None, int] = defaultdict(int)
    revenue: dict[UUID | None, list[tuple[str, Any]]] = defaultdict(list)
    for owner, currency, count, parts in credited:
        events[owner] += count
        if parts:
            revenue[owner].append((currency, parts))
    return events, revenue


def _by_status(rows: Iterable[Any]) -> dict[str, dict[str, str]]:
    minor: dict[str, Minor] = {status: {} for status in STATUSES}
    for status, currency, amount in rows:
        minor[status][currency] = int(amount)
    return {status: _shown(amounts) for status, amounts in minor.items()}


def _shares(rows: Iterable[Any]) -> dict[str, str]:
    """Rows of (currency, value times parts), rounded once per currency."""
    return _shown({currency: half_up(int(parts), PARTS) for currency, parts in rows})


def _shown(minor: Minor) -> dict[str, str]:
    return {currency: to_major(minor[currency], currency) for currency in sorted(minor)}


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
