"""Checks that are one statement each: it answers what breaks the rule, and so nothing at all."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.proofs.finding import Finding


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` answers the subject and the sentence of each violation."""

    name: str
    sql: str


async def violations(session: AsyncSession, check: Check) -> list[Finding]:
    """At most a hundred; one is enough to stop paying."""
    rows = await session.execute(text(f"select * from ({check.sql}) broken limit 100"))  # noqa: S608  # constants of our own
    return [Finding(check.name, subject, sentence) for subject, sentence in rows]


AVAILABLE = Check(
    "available",
    """
    select 'partner ' || partner_id || ' in ' || currency,
        'the ledger has ' || posted || ' available, and what can be claimed is ' || claimable
    from (
        select partner_id, currency, sum(posted)::bigint as posted,
            sum(claimable)::bigint as claimable
        from (
            select partner_id, currency, amount_minor as posted, 0::bigint as claimable
            from ledger_postings where account = 'available'
            union all
            select partner_id, currency, 0,
                amount_minor - clawed_minor - held_minor - adjusted_minor
            from commissions where status = 'approved' and payout_id is null
            union all
            select partner_id, currency, 0, amount_minor
            from adjustments where payout_id is null and folded_at is null
        ) everything group by 1, 2
    ) sums where posted <> claimable
    """,
)
PAYOUTS = Check(
    "payouts",
    """
    select 'payout ' || p.id, 'is ' || p.total || ', took ' || moved.taken || ', has '
        || moved.in_transit || ' in transit and ' || moved.paid || ' paid, is ' || p.status
        || ', and claims ' || claims.amount
    from (
        -- What can't be sent is claimed too, and given back when the rest is paid.
        select *, amount_minor + carried_minor as total from payouts
    ) p
    join lateral (
        select coalesce(-sum(amount_minor) filter (where account = 'available'
                and kind = 'payout'), 0)::bigint as taken,
            coalesce(sum(amount_minor) filter (where account = 'in_transit'), 0)::bigint
                as in_transit,
            coalesce(sum(amount_minor) filter (where account = 'paid'), 0)::bigint as paid,
            coalesce(sum(amount_minor) filter (where account = 'available'
                and kind in ('unpaid', 'returned')), 0)::bigint as returned,
            coalesce(bool_or(l.partner_id <> p.partner_id or l.currency <> p.currency), false)
                as astray
        from ledger_postings l
        join ledger_entries e on e.tenant_id = l.tenant_id and e.id = l.entry_id
        where l.tenant_id = p.tenant_id and l.payout_id = p.id
    ) moved on true
    join lateral (
        select coalesce(sum(amount), 0)::bigint as amount from (
            select claimed_minor as amount from commissions c
            where c.tenant_id = p.tenant_id and c.payout_id = p.id
            union all
            select amount_minor from adjustments a
            where a.tenant_id = p.tenant_id and a.payout_id = p.id
        ) claimed
    ) claims on true
    where moved.astray or moved.taken <> p.total or moved.in_transit < 0 or moved.paid < 0
        or claims.amount not in (0, p.total)
        or (moved.in_transit + moved.paid = p.total and claims.amount <> p.total)
        or (moved.in_transit > 0 and moved.in_transit <> p.total)
        or (p.status = 'paid' and moved.paid + moved.returned <> p.total)
        or (p.status = 'pending' and moved.in_transit <> p.total)
    """,
)
ADJUSTMENTS = Check(
    "adjustments",
    """
    select 'adjustment ' || coalesce(a.key, e.key),
        'is ' || coalesce(a.amount_minor::text, 'missing') || ', and the ledger says '
        || coalesce(e.amount::text, 'nothing')
    from (
        select tenant_id, 'adjustment:' || key as key, partner_id, currency, amount_minor
        from adjustments where kind in ('bonus', 'manual', 'repricing', 'write_off')
    ) a
    full join (
        select e.tenant_id, e.key, p.partner_id, p.currency, sum(p.amount_minor)::bigint as amount
        from ledger_entries e join ledger_postings p
            on p.tenant_id = e.tenant_id and p.entry_id = e.id and p.account = 'available'
        where e.kind in ('bonus', 'manual', 'repricing', 'write_off') group by 1, 2, 3, 4
    ) e on e.tenant_id = a.tenant_id and e.key = a.key and e.partner_id = a.partner_id
        and e.currency = a.currency
    where a.amount_minor is distinct from e.amount
    """,
)
BOOKED = Check(
    "booked",
    """
    select 'entry ' || coalesce(r.key, e.key), 'is ' || coalesce(e.amount::text, 'missing')
        || ', and what was reckoned anew is ' || coalesce(r.amount::text, 'nothing')
    from (
        -- Keyed as whoever booked them did: a simulation by partner, all else one by one.
        select tenant_id, partner_id, currency, 'adjustment:' || case reason
                when 'simulation' then concat_ws(':', 'simulation', source_id, partner_id, currency)
                when 'replay' then concat_ws(':', 'replay', source_id, event_id, partner_id,
                    campaign_id, currency)
                else 'repricing:' || id
            end as key, sum(amount_minor)::bigint as amount
        from repricings group by 1, 2, 3, 4 having sum(amount_minor) <> 0
    ) r
    full join (
        select e.tenant_id, e.key, p.partner_id, p.currency, sum(p.amount_minor)::bigint as amount
        from ledger_entries e join ledger_postings p
            on p.tenant_id = e.tenant_id and p.entry_id = e.id and p.account = 'available'
        where e.kind = 'repricing' group by 1, 2, 3, 4
    ) e on e.tenant_id = r.tenant_id and e.key = r.key and e.partner_id = r.partner_id
        and e.currency = r.currency
    where r.amount is distinct from e.amount
    """,
)
UNEXPLAINED = Check(
    "unexplained",
    """
    select 'entry ' || e.key, 'is about no commission, payout or adjustment'
    from ledger_entries e join ledger_postings p
        on p.tenant_id = e.tenant_id and p.entry_id = e.id and p.number = 1
    where p.commission_id is null and p.payout_id is null
        and e.kind not in ('bonus', 'manual', 'repricing', 'write_off')
    """,
)
UNPRICED = Check(
    "price",
    """
    select 'commission ' || c.id, 'its event was decided otherwise since'
    from commissions c where not exists (
        select from decisions d where d.tenant_id = c.tenant_id and d.event_id = c.event_id
            and d.status = 'attributed')
    """,
)
SUMS = (AVAILABLE, PAYOUTS, ADJUSTMENTS, BOOKED, UNEXPLAINED, UNPRICED)
