"""What each rule would have held back: one statement over the clicks of the window.

The clicks are judged in a sub-query by what is stored with them; nothing is written.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text

from api.features.clicks.for_others import MAILBOX_OF_PARTNER
from shared.visit_rules import Rules

HOST = "lower(substring(c.referer from '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]+)'))"

# The clicks that a rule fits, by what routers have stored with each.
FITS = {
    "bot": "c.flag = 'bot' or c.signals -> 'also' ? 'bot'",
    "prefetch": "c.flag = 'prefetch' or c.signals -> 'also' ? 'prefetch'",
    "datacenter": "c.signals ? 'datacenter'",
    "banned_referrer": f"""
        exists (select from unnest(cast(:hosts as text[])) as banned(host)
            where rtrim({HOST}, '.') = host or rtrim({HOST}, '.') like '%.' || host)
    """,
    "paid_traffic": """
        c.signals ->> 'ad' = any(:parameters) and exists (
            select from campaigns a where a.id = c.campaign_id and not a.paid_ads)
    """,
    "velocity": """
        c.ip_hash is not null and lag(c.ts, cast(:most as int)) over (
            partition by c.link_id, c.ip_hash order by c.ts, c.id
        ) > c.ts - make_interval(secs => :span)
    """,
    "duplicate": """
        c.ip_hash is not null and (c.flag is null or c.flag in ('velocity', 'duplicate'))
        and lag(c.ts) over (
            partition by c.link_id, c.ip_hash, c.user_agent,
                c.flag is null or c.flag in ('velocity', 'duplicate') order by c.ts, c.id
        ) > c.ts - make_interval(secs => :pause)
    """,
    "self_referral": f"""
        exists (select from identities i join partners p on p.id = c.partner_id
            left join events e on e.user_id = i.user_id
            where i.click_id = c.id and {MAILBOX_OF_PARTNER})
    """,
}

JUDGED = """
    with judged as materialized (
        select c.id, c.ts, c.partner_id, c.link_id, c.user_agent, c.referer, ({fits}) as fits,
            case when v.click_id is null then c.flag else v.flag end as flag
        from clicks c left join click_verdicts v on v.click_id = c.id
        where c.ts >= :since
    ), held as materialized (select * from judged where fits)
"""

REPORT = """
    select
        (select count(*) from judged) as clicks,
        (select count(*) from held) as would_flag,
        (select count(*) from held where flag is null) as newly_flagged,
        (select jsonb_agg(jsonb_build_object('partner_id', partner_id, 'clicks', clicks,
                'would_flag', held) order by held desc, partner_id) from (
            select partner_id, count(*) as clicks, count(*) filter (where fits) as held
            from judged group by 1 having count(*) filter (where fits) > 0
            order by 3 desc, 1 limit 20) as worst) as partners,
        (select jsonb_agg(jsonb_build_object('currency', currency, 'status', status,
                'minor', minor)) from (
            select m.currency, m.status, sum(m.amount_minor) as minor
            from held h join credits k on k.click_id = h.id
            join commissions m on m.credit_id = k.id
            where h.flag is null and m.status <> 'reversed'
            group by 1, 2) as earned) as money,
        (select jsonb_agg(to_jsonb(shown) order by id desc) from (
            select id, ts, partner_id, link_id, user_agent, referer, flag as fraud_flag from held
            order by id desc limit 20) as shown) as samples
"""


def trying(rule: str, rules: Rules, usual: dict[str, Any], since: datetime) -> TextClause:
    """`usual` has `most` and `span` where the tenant's rules have none."""
    known: dict[str, dict[str, Any]] = {
        "banned_referrer": {"hosts": sorted(rules.banned_hosts)},
        "paid_traffic": {"parameters": sorted(rules.ad_parameters)},
        "velocity": {
            "most": rules.velocity_max or usual["most"],
            "span": float(rules.velocity_seconds or usual["span"]),
        },
        "duplicate": {"pause": float(rules.duplicate_seconds)},
    }
    statement = text(JUDGED.format(fits=FITS[rule]) + REPORT)
    return statement.bindparams(since=since, **known.get(rule, {}))
