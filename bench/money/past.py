"""A past of any length, written as the API would have left it, but much faster."""

import asyncpg

TENANT = "md5('t')::uuid"
PARTNERS = 50

# In pieces, so that a million rows are no single statement. Every past event earned one commission,
# of which every third is approved; ids go up with time, as UUIDv7 do.
PIECE = """
with numbered as (
    select n, lpad(to_hex(1700000000000 + n), 12, '0') as at from generate_series({first}, {last}) n
), made as materialized (
    select n, now() - make_interval(secs => 4000000 - n) as moment,
        md5('p' || 1 + n % {partners})::uuid as partner, md5('k' || n % 5000)::uuid as click,
        (at || '7' || substr(md5('e' || n), 1, 3) || '8' || substr(md5('e' || n), 4, 15))::uuid as event,
        (at || '7' || substr(md5('r' || n), 1, 3) || '8' || substr(md5('r' || n), 4, 15))::uuid as credit,
        (at || '7' || substr(md5('c' || n), 1, 3) || '8' || substr(md5('c' || n), 4, 15))::uuid as commission,
        (at || '7' || substr(md5('s' || n), 1, 3) || '8' || substr(md5('s' || n), 4, 15))::uuid as entry
    from numbered
), events_made as (
    insert into events (tenant_id, id, user_id, type, value_minor, currency, external_id,
        fingerprint, ts, created_at)
    select md5('t')::uuid, event, 'past-' || n % 5000, 'invoice_paid', 20000, 'USD', 'past-' || n, '',
        moment, moment from made
), decided as (
    insert into decisions (tenant_id, event_id, status, model, explanation)
    select md5('t')::uuid, event, 'attributed', 'last_click', jsonb_build_object('credits',
        jsonb_build_array(jsonb_build_object('attributionId', credit, 'campaignId', md5('c')::uuid,
            'termsId', md5('x')::uuid, 'exactWeight', '1',
            'lines', '[{{"rule": 0, "commission": "accrued"}}]'::jsonb))) from made
), credited as (
    insert into credits (tenant_id, id, event_id, click_id, partner_id, campaign_id, terms_id,
        model, weight_parts)
    select md5('t')::uuid, credit, event, click, partner, md5('c')::uuid, md5('x')::uuid,
        'last_click', 10000 from made
), earned as (
    insert into commissions (tenant_id, id, credit_id, event_id, partner_id, campaign_id, terms_id,
        user_id, amount_minor, currency)
    select md5('t')::uuid, commission, credit, event, partner, md5('c')::uuid, md5('x')::uuid,
        'past-' || n % 5000, 4000, 'USD' from made
), entered as (
    insert into ledger_entries (tenant_id, id, key, kind, created_at)
    select md5('t')::uuid, entry, 'sale:' || event || ':' || commission, 'sale', moment from made
)
insert into ledger_postings (tenant_id, entry_id, number, account, partner_id, currency, amount_minor,
    commission_id)
select md5('t')::uuid, entry, 1, 'pending', partner, 'USD', 4000, commission from made
union all
select md5('t')::uuid, entry, 2, 'expense', null, 'USD', -4000, commission from made
"""
# As the trigger does it, for as many as have no seal yet.
SEAL = """
do $$
declare
    one ledger_entries;
    head bytea := coalesce((select hash from ledger_seals order by seq desc limit 1),
        decode(repeat('00', 32), 'hex'));
    place bigint := coalesce((select max(seq) from ledger_seals), 0);
    following bytea;
begin
    for one in select * from ledger_entries e where not exists (
        select from ledger_seals s where s.tenant_id = e.tenant_id and s.entry_id = e.id)
        order by e.id
    loop
        following := sha256(head || convert_to(ledger_text(one), 'UTF8'));
        place := place + 1;
        insert into ledger_seals values (one.tenant_id, place, one.id, head, following);
        head := following;
    end loop;
end $$
"""
ROWS = 20_000


async def grow(superuser: str, have: int, want: int) -> None:
    """From so many past events to so many, sealed and analyzed."""
    connection = await asyncpg.connect(superuser, command_timeout=3600)
    try:
        # Foreign keys are as they should be; checking each again would double the wait.
        await connection.execute("set session_replication_role = replica")
        for first in range(have + 1, want + 1, ROWS):
            last = min(first + ROWS - 1, want)
            await connection.execute(PIECE.format(first=first, last=last, partners=PARTNERS))
        await connection.execute(SEAL)
        for table in ("events", "decisions", "credits", "commissions", "ledger_entries",
                      "ledger_postings", "ledger_seals"):  # fmt: skip
            await connection.execute(f"vacuum analyze {table}")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
