"""Statements about usage; row security keeps them to the pinned tenant."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, bindparam, func, or_, select, text

from api.features.usage.bill import SALES
from shared.models.billing_usage import UsageChange, UsageLine, UsageReport
from shared.models.event import Event


def changes(after: UUID | None, most: int) -> Select[UUID, UUID]:
    """What has to be looked at, oldest first."""
    query = select(UsageChange.id, UsageChange.event_id).order_by(UsageChange.id).limit(most)
    return query if after is None else query.where(UsageChange.id > after)


# As each event stands now, with the subscription under which it happened.
STANDING = text(
    """
    select e.id, e.type, e.value_minor, e.currency,
        exists (select from credits c where c.event_id = e.id) as credited,
        (select s.id from billing_subscriptions s
            where s.plan <> 'enterprise' and s.started_at <= e.ts
                and (s.ended_at is null or e.ts < s.ended_at)
            order by s.started_at desc limit 1) as subscription_id
    from events e where e.id = any(:events)
    """
).bindparams(bindparam("events", type_=ARRAY(Uuid)))

# Whatever was credited since a subscription began, before anybody here knew of it.
CATCH_UP = text(
    """
    insert into usage_changes (id, event_id)
    select uuid_v7(), e.id from events e
    join billing_subscriptions s on s.id = :subscription
    where e.type = any(:types) and e.ts >= s.started_at
        and exists (select from credits c where c.event_id = e.id)
        and not exists (select from usage_lines l where l.event_id = e.id)
    """
).bindparams(bindparam("types", type_=ARRAY(Text)))


def lines_of(events: Sequence[UUID]) -> Select[UsageLine]:
    """Everything that was ever billed of these, in the order in which it was."""
    return select(UsageLine).where(UsageLine.event_id.in_(events)).order_by(UsageLine.id)


def by_currency(since: datetime | None = None) -> Select[str, int]:
    """What no report carries yet; or also all that came onto the bill since then."""
    wanted: ColumnElement[bool] = UsageLine.report_id.is_(None)
    if since is not None:
        wanted = or_(wanted, UsageLine.created_at >= since)
    return (
        select(UsageLine.currency, func.sum(UsageLine.amount_minor))
        .where(wanted)
        .group_by(UsageLine.currency)
        .order_by(UsageLine.currency)
    )


def open_usd() -> Select[int]:
    """In cents; below zero where more was refunded than sold."""
    return select(func.coalesce(func.sum(UsageLine.usd_minor), 0)).where(
        UsageLine.report_id.is_(None)
    )


TAKE = text(
    """
    with taken as (
        update usage_lines set report_id = :report where report_id is null returning usd_minor
    )
    select coalesce(sum(usd_minor), 0)::bigint from taken
    """
)


def pending() -> Select[UsageReport]:
    """The one whose outcome isn't known yet."""
    return select(UsageReport).where(UsageReport.status == "pending")


def latest_moment() -> Select[datetime | None]:
    """Of all reports so far."""
    return select(func.max(UsageReport.happened_at))


def reports_with_lines() -> Select[UsageReport, int]:
    """Each report with how many lines it has taken."""
    lines = (
        select(func.count())
        .where(UsageLine.report_id == UsageReport.id)
        .correlate(UsageReport)
        .scalar_subquery()
    )
    return select(UsageReport, lines)


def waiting_currencies() -> Select[str]:
    """Of sales that have still to be looked at."""
    return (
        select(Event.currency)
        .join(UsageChange, UsageChange.event_id == Event.id)
        .where(Event.type.in_(SALES), Event.currency != "USD")
        .distinct()
        .order_by(Event.currency)
    )


def anything_to_do() -> Select[bool]:
    """Whether something changed, waits to be reported, or was and nobody knows."""
    return select(
        or_(
            select(UsageChange.id).exists(),
            select(UsageLine.id).where(UsageLine.report_id.is_(None)).exists(),
            pending().exists(),
        )
    )
