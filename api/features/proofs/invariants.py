"""The twenty invariants of money, as far as a database can show them; and where the rest is shown.

Each `sql` answers what breaks the rule. Those that need every amount worked out anew name the parts
of the whole proof that do so.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.proofs.finding import Finding
from api.features.proofs.sums import ADJUSTMENTS, AVAILABLE, BOOKED, PAYOUTS, Check, violations


@dataclass(frozen=True, slots=True)
class Invariant:
    """`parts` are checks of the whole proof; `elsewhere` says what no look at a database can show."""

    number: int
    sentence: str
    sql: str = ""
    checks: tuple[Check, ...] = ()
    parts: tuple[str, ...] = ()
    elsewhere: str = ""


INVARIANTS = (
    Invariant(
        1,
        "Every entry sums to zero in each currency.",
        """
        select 'entry ' || entry_id, 'is out of balance by ' || sum(amount_minor) || ' ' || currency
        from ledger_postings group by entry_id, currency having sum(amount_minor) <> 0
        """,
    ),
    Invariant(2, "What was written to the ledger never changes.", parts=("chain", "balance")),
    Invariant(
        3,
        "A payout has at most one transfer, and a transfer one payout.",
        """
        select 'transfer ' || stripe_transfer_id, 'is of ' || count(*) || ' payouts'
        from payouts where stripe_transfer_id is not null
        group by stripe_transfer_id having count(*) > 1
        """,
        elsewhere="That Stripe has no other is asked of Stripe, by the payouts' reconciliation.",
    ),
    Invariant(
        4,
        "A payout is paid if and only if its money has moved, exactly and once.",
        """
        select 'payout ' || p.id, 'is ' || p.status || ' over ' || p.amount_minor
            || ', and its transfer is ' || coalesce(t.state || ' over ' || t.amount, 'missing')
        from payouts p left join payout_transfers t
            on t.tenant_id = p.tenant_id and t.payout_id = p.id
        where p.method = 'stripe_connect'
            -- Those that were brought from elsewhere have left theirs behind.
            and ((t.id is not null and (p.status = 'paid') <> (t.state = 'confirmed'))
                or (p.status = 'paid' and p.stripe_transfer_id is null)
                -- Stripe counts this one in hundredths.
                or t.amount <> p.amount_minor * case p.currency when 'UGX' then 100 else 1 end)
        """,
        checks=(PAYOUTS,),
        elsewhere="Amount and destination at Stripe are compared by the payouts' reconciliation.",
    ),
    Invariant(
        5,
        "No partner is paid more than they have earned.",
        """
        select 'partner ' || partner_id || ' in ' || currency,
            'was paid ' || paid || ' of ' || earned
        from (
            select partner_id, currency, sum(paid)::bigint as paid, sum(earned)::bigint as earned
            from (
                select partner_id, currency, amount_minor as paid, 0::bigint as earned
                from ledger_postings where account in ('in_transit', 'paid')
                union all
                select partner_id, currency, 0, amount_minor from commissions
                union all
                select partner_id, currency, 0, greatest(amount_minor, 0) from adjustments
                where kind in ('bonus', 'manual', 'repricing', 'write_off')
            ) everything group by 1, 2
        ) sums where paid > earned
        """,
    ),
    Invariant(
        6,
        "What is clawed back is the exact share, rounded once; a full refund takes all.",
        parts=("corrections", "repricings"),
    ),
    Invariant(
        7,
        "A partner's accounts sum to what stays earned.",
        """
        select 'partner ' || partner_id || ' in ' || currency, 'is off by ' || sum(amount)
        from (
            select partner_id, currency, amount_minor as amount
            from ledger_postings where partner_id is not null
            union all
            select partner_id, currency, clawed_minor - amount_minor from commissions
            union all
            select partner_id, currency, -amount_minor from adjustments
            where kind in ('bonus', 'manual', 'repricing', 'write_off')
        ) everything group by partner_id, currency having sum(amount) <> 0
        """,
    ),
    Invariant(
        8,
        "Only what is available may be below zero, and only after something was taken back.",
        """
        select 'partner ' || l.partner_id || ' in ' || l.currency,
            'has ' || sum(l.amount_minor) || ' in ' || l.account
        from ledger_postings l where l.partner_id is not null
        group by l.partner_id, l.currency, l.account
        having sum(l.amount_minor) < 0 and (l.account <> 'available'
            or not exists (select from adjustments a where a.partner_id = l.partner_id
                and a.currency = l.currency and a.amount_minor < 0))
        """,
    ),
    Invariant(
        9,
        "Every amount is a whole number of minor units.",
        """
        select 'column ' || table_name || '.' || column_name, 'is of type ' || data_type
        from information_schema.columns
        where table_schema = 'public' and column_name like '%\\_minor' and data_type <> 'bigint'
        """,
    ),
    Invariant(
        10,
        "In whichever order things were heard, they end in the same place.",
        parts=("corrections", "repricings"),
        elsewhere="Here: that they ended where all of them together say. All orders: in tests.",
    ),
    Invariant(
        11,
        "Rows and balances are what the ledger says.",
        checks=(AVAILABLE, BOOKED),
        parts=("postings",),
    ),
    Invariant(
        12,
        "A payout is the sum of its commissions and adjustments, each of which is in one only.",
        checks=(PAYOUTS, ADJUSTMENTS),
    ),
    Invariant(
        13,
        "States only move along their graph.",
        """
        select 'commission ' || id, 'is ' || status || ' without having been what comes before'
        from commissions where (status = 'paid' and (approved_at is null or paid_at is null))
            or (status = 'approved' and approved_at is null)
            or (status = 'accrued' and (approved_at is not null or payout_id is not null))
            or (status = 'reversed' and (payout_id is not null or reversed_at is null))
            or (paid_at is not null and status <> 'paid')
        """,
    ),
    Invariant(
        14,
        "No tenant sees or changes what is another's.",
        """
        select 'table ' || c.relname, 'is not walled in'
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and not (c.relrowsecurity and c.relforcerowsecurity)
        union all
        select 'role ' || rolname, 'sees through every wall' from pg_roles
        where rolname = current_user and (rolsuper or rolbypassrls)
        """,
    ),
    Invariant(
        15,
        "Nothing is approved before it is mature.",
        """
        select 'commission ' || id, 'was approved at ' || approved_at || ', mature at ' || matures_at
        from commissions where approved_at < matures_at
        """,
    ),
    Invariant(
        16,
        "Shares sum to the whole, each within one unit of what is exact.",
        """
        select 'event ' || event_id, 'its credits sum to ' || sum(weight_parts)
        from credits group by event_id having sum(weight_parts) <> 10000
        """,
        parts=("weights", "price"),
    ),
    Invariant(17, "Other terms never change what was earned.", parts=("price",)),
    Invariant(
        18,
        "Every change is told once.",
        """
        select 'commission ' || (data ->> 'commissionId'), 'was told of ' || count(*) || ' times'
        from notices n where type = 'commission.accrued' and not exists (
            select from ledger_postings p join ledger_entries e
                on e.tenant_id = p.tenant_id and e.id = p.entry_id
            where p.tenant_id = n.tenant_id and e.kind in ('refund', 'dispute')
                and p.commission_id = (n.data ->> 'commissionId')::uuid)
        group by data ->> 'commissionId' having count(*) > 1
        """,
        elsewhere="That none is left out, and their order: in tests.",
    ),
    Invariant(
        19,
        "A repeated request gets its first answer, and writes nothing.",
        """
        select 'request ' || key, 'was answered ' || count(*) || ' times' from idempotent_requests
        group by principal, key having count(*) > 1
        """,
        elsewhere="That the answer is the same, byte for byte: in tests.",
    ),
    Invariant(
        20,
        "Usage that was sent is usage that was counted, each once, none older than 35 days.",
        """
        select 'usage report ' || r.identifier, 'says ' || r.usd_minor || ', its lines say '
            || coalesce(sum(l.usd_minor), 0)
        from usage_reports r left join usage_lines l
            on l.tenant_id = r.tenant_id and l.report_id = r.id
        where r.replaces is null and r.status <> 'replaced'
        group by r.tenant_id, r.id, r.identifier, r.usd_minor
        having coalesce(sum(l.usd_minor), 0) <> r.usd_minor
        union all
        select 'usage report ' || identifier, 'was sent when it was older than 35 days'
        from usage_reports where sent_at > happened_at + interval '35 days'
        """,
        elsewhere="What Stripe has counted is compared by billing's nightly reconciliation.",
    ),
)


async def broken(session: AsyncSession, invariant: Invariant) -> AsyncIterator[Finding]:
    """What a look at the tables shows against it; its `parts` come from the whole proof."""
    own = (Check(str(invariant.number), invariant.sql),) if invariant.sql else ()
    for check in (*own, *invariant.checks):
        for finding in await violations(session, check):
            yield finding
