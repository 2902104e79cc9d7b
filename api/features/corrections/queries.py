"""Statements about corrections, and what ties them to the sales that they correct."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text

# Sorted, so that two at once don't wait for each other in a ring. Whoever writes an event takes the
# lock of its external id first, then that of its customer; so do we.
LOCK_PAYMENTS = text(
    """
    select pg_advisory_xact_lock(hashtextextended(
        concat_ws(':', 'payment', current_setting('app.tenant_id'), cast(:source as text), name), 0))
    from (select distinct unnest(:references) as name order by 1) names
    """
).bindparams(bindparam("references", type_=ARRAY(Text)))

LOCK_CUSTOMERS = text(
    """
    select pg_advisory_xact_lock(hashtextextended(
        'customer:' || current_setting('app.tenant_id') || ':' || user_id, 0))
    from (select distinct user_id from events where id = any(:events) order by 1) customers
    """
).bindparams(bindparam("events", type_=ARRAY(Uuid)))

# Whoever reckons these sales anew holds the decisions about them, and has locked no customer.
HOLD_DECISIONS = text(
    "select from decisions where event_id = any(:events) order by event_id for update"
).bindparams(bindparam("events", type_=ARRAY(Uuid)))

WRITE = text(
    """
    with fresh as (
        insert into corrections (id, source, kind, key, status, amount_minor, total_minor, currency,
            ts, details)
        values (:id, :source, :kind, :key, :status, :amount_minor, :total_minor, :currency,
            coalesce(:ts, now()), cast(:details as jsonb))
        on conflict (tenant_id, source, kind, key, status) do nothing
        returning id
    ), named as (
        insert into correction_references (source, reference, correction_id)
        select :source, name, fresh.id
        from fresh, (select distinct unnest(:references) as name) names
        on conflict do nothing
    )
    select id from fresh
    """
).bindparams(bindparam("references", type_=ARRAY(Text)))

SALES = text(
    """
    select id from events where source = :source and external_id = any(:references)
    union
    select event_id from payment_references
    where source = :source and reference = any(:references)
    """
).bindparams(bindparam("references", type_=ARRAY(Text)))

NAME = text(
    """
    insert into payment_references (source, reference, event_id)
    select :source, name, :event from (select distinct unnest(:references) as name) names
    on conflict do nothing
    """
).bindparams(bindparam("references", type_=ARRAY(Text)))

# Everything that was said of the payments behind these events.
SAID = text(
    """
    with named as (
        select id as event_id, source, external_id as reference from events
        where id = any(:events) and external_id is not null
        union
        select event_id, source, reference from payment_references where event_id = any(:events)
    ), about as (
        select distinct named.event_id, r.correction_id from named
        join correction_references r using (source, reference)
    )
    select e.id as event_id, e.value_minor, e.currency as value_currency, c.kind,
        c.source || ':' || c.key as key, c.status, c.currency,
        coalesce(c.amount_minor, max(c.amount_minor) over one) as amount_minor,
        coalesce(c.total_minor, max(c.total_minor) over one) as total_minor
    from about
    join events e on e.id = about.event_id
    join corrections c on c.id = about.correction_id
    window one as (partition by e.id, c.source, c.kind, c.key)
    """
).bindparams(bindparam("events", type_=ARRAY(Uuid)))

# What of these sales was moved between partners when they were reckoned anew, and is booked by now.
REPRICED = text(
    """
    select event_id, partner_id, campaign_id, currency, sum(amount_minor) as booked,
        coalesce(sum(amount_minor) filter (where reason <> 'correction'), 0) as reckoned
    from repricings where event_id = any(:events)
    group by event_id, partner_id, campaign_id, currency
    order by event_id, partner_id, campaign_id, currency
    """
).bindparams(bindparam("events", type_=ARRAY(Uuid)))

ADJUST = text(
    """
    insert into adjustments (id, partner_id, currency, amount_minor, kind, key, reason,
        commission_id, details)
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as a(id uuid, partner_id uuid,
        currency text, amount_minor bigint, kind text, key text, reason text, commission_id uuid,
        details jsonb)
    on conflict (tenant_id, key) do nothing
    returning key
    """
)


def named(source: str, references: Sequence[str]) -> dict[str, Any]:
    return {"source": source, "references": list(references)}


def events(ids: Sequence[UUID]) -> dict[str, Any]:
    return {"events": list(ids)}
