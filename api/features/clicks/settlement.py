"""Velocity and duplicate as one process would have seen them, reckoned from the stored clicks.

Each router process sees a part of the visits, so a flag may be missing; none is there too many.
So settling adds flags and never takes one away.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from api.settings import Settings
from shared.visit_rules import VERSIONS, Rules

# The clicks that are new, by link: of them and of what follows them soon, flags may change.
STORED_LATELY = """
    select link_id, min(ts) as since, max(ts) as until from clicks
    where stored_at > :since and link_id is not null and ip_hash is not null group by link_id
"""
ONE_CLICK = """
    select link_id, ts as since, ts as until from clicks
    where id = :click_id and ts = :click_ts and link_id is not null and ip_hash is not null
"""

JUDGED = """
fresh as materialized ({fresh}),
near as materialized (
    select c.id, c.ts, c.link_id, c.partner_id, c.ip_hash, c.user_agent, c.flag,
        (c.signals ->> 'prev')::uuid as prev,
        c.ts between f.since and f.until + :reach as is_judged
    from fresh f join clicks c on c.link_id = f.link_id
        and c.ts between f.since - cast(:reach as interval) and f.until + cast(:reach as interval)
),
-- All visits of a line count for velocity, also those that are held back for something else.
fast as (
    select id, lag(ts, cast(:most as int)) over (partition by link_id, ip_hash order by ts, id)
        > ts - cast(:span as interval) as is_fast
    from near where ip_hash is not null
),
-- Who comes after a crawler or a prefetch is the first, no duplicate.
visits as (
    select *,
        lag(ts) over (partition by link_id, ip_hash, user_agent order by ts, id) as before,
        lag(ts) over (partition by link_id, prev order by ts, id) as brought
    from near where ip_hash is not null and (flag is null or flag in ('velocity', 'duplicate'))
),
settled as (
    select v.id, v.ts, v.link_id, v.partner_id, v.ip_hash, v.user_agent, v.flag as was,
        case
            when :velocity and f.is_fast then 'velocity'
            when :duplicate and (v.before > v.ts - cast(:pause as interval) or v.prev is not null
                and (v.brought > v.ts - cast(:pause as interval) or exists (
                    select from near issued where issued.id = v.prev and issued.link_id = v.link_id
                        and issued.ts <= v.ts and issued.ts > v.ts - cast(:pause as interval))))
                then 'duplicate'
        end as flag
    from visits v join fast f on f.id = v.id where v.is_judged
)
"""

SETTLE = """
with {judged}
insert into click_verdicts (click_id, click_ts, flag, rule_version, source)
select id, ts, flag, case flag when 'velocity' then cast(:velocity_version as smallint)
    else cast(:duplicate_version as smallint) end, 'settlement'
from settled where flag is not null and was is distinct from flag
    and (was is null or flag = 'velocity')
on conflict (tenant_id, click_id) do update
    set flag = excluded.flag, rule_version = excluded.rule_version, decided_at = now()
    where click_verdicts.source = 'settlement' and click_verdicts.flag = 'duplicate'
        and excluded.flag = 'velocity'
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What velocity and duplicate mean to a tenant."""

    velocity: bool
    duplicate: bool
    most: int
    span: timedelta
    pause: timedelta

    @classmethod
    def of(cls, rules: Rules, settings: Settings) -> "Limits":
        window = rules.velocity_seconds or settings.velocity_window_ms / 1000
        return cls(
            velocity=rules.is_on("velocity"),
            duplicate=rules.is_on("duplicate"),
            most=rules.velocity_max or settings.velocity_max,
            span=timedelta(seconds=window),
            pause=timedelta(seconds=rules.duplicate_seconds),
        )

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "velocity": self.velocity,
            "duplicate": self.duplicate,
            "most": self.most,
            "span": self.span,
            "pause": self.pause,
            "reach": max(self.span, self.pause),
        }


VERSIONED = {f"{rule}_version": VERSIONS[rule] for rule in ("velocity", "duplicate")}


def settling(limits: Limits, since: datetime) -> TextClause:
    """Settles the clicks stored since then, and those shortly after them on the same links."""
    statement = text(SETTLE.format(judged=JUDGED.format(fresh=STORED_LATELY)))
    return statement.bindparams(since=since, **VERSIONED, **limits.parameters)


def settling_one(limits: Limits, click_id: UUID, click_ts: datetime) -> TextClause:
    """The same for one click, before anybody is credited for it."""
    statement = text(SETTLE.format(judged=JUDGED.format(fresh=ONE_CLICK)))
    return statement.bindparams(
        click_id=click_id, click_ts=click_ts, **VERSIONED, **limits.parameters
    )
