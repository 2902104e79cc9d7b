"""Clicks by the day: counted once when they are a moment old, and from then on read as a few rows."""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text

# By as much may a server's clock be set back, or another's be behind that takes over from it.
SETTLING_DOWN = timedelta(minutes=2)

# The moment comes after the lock and before anybody looks at clicks: what is stored by then is either
# committed, or under way in a transaction that can be waited for.
TURN = """
    select case when pg_try_advisory_xact_lock(
            hashtextextended('click-rollup:' || current_setting('app.tenant_id'), 0))
        then clock_timestamp() - cast(:settling_down as interval) end
"""

# A first run may find years of clicks: they are taken in one statement, which no visitor waits for.
ROLL_UP = """
    with span as (
        select since, greatest(since, cast(:until as timestamptz)) as until
        from coalesce((select rolled_until from click_rollups), '-infinity') as since
    ), fresh as (
        select c.partner_id, (c.ts at time zone 'UTC')::date as day, c.campaign_id,
            coalesce(c.link_id, '00000000-0000-0000-0000-000000000000') as link_id,
            count(*) filter (where flag_now is null) as counted,
            count(*) filter (where flag_now is not null) as flagged
        from span, clicks c left join click_verdicts v on v.click_id = c.id
        cross join lateral (
            select case when v.click_id is null then c.flag else v.flag end as flag_now
        ) judged
        where c.stored_at > span.since and c.stored_at <= span.until
        group by 1, 2, 3, 4
    ), added as (
        insert into click_days (partner_id, day, campaign_id, link_id, counted, flagged)
        select * from fresh
        on conflict (tenant_id, partner_id, day, campaign_id, link_id) do update
            set counted = click_days.counted + excluded.counted,
                flagged = click_days.flagged + excluded.flagged
    )
    insert into click_rollups (rolled_until) select until from span
    on conflict (tenant_id) do update set rolled_until = excluded.rolled_until
"""

# The first look goes back a day, and so does that after a long sleep.
UNSETTLED_SINCE = """
    select greatest((select settled_until from click_rollups), now() - interval '1 day')
"""

SETTLED = """
    insert into click_rollups (settled_until)
    values (clock_timestamp() - cast(:settling_down as interval))
    on conflict (tenant_id) do update set settled_until = excluded.settled_until
"""


def turn() -> TextClause:
    """Until when clicks may be rolled up; null while somebody else does, or writes clicks here."""
    return text(TURN).bindparams(settling_down=SETTLING_DOWN)


def rolling_up(until: datetime) -> TextClause:
    """Adds the clicks that were stored since the last time; late ones go to the day they belong to.

    Only for who has the turn, and knows that routers have committed since (`writers.py`).
    """
    return text(ROLL_UP).bindparams(until=until)


def settled() -> TextClause:
    """Says that flags are settled until a moment ago."""
    return text(SETTLED).bindparams(settling_down=SETTLING_DOWN)
