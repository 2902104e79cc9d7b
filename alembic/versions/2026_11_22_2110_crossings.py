"""The few doors between tenants: what the crosser may read, and the functions that use it."""

from alembic import op

revision = "0003_crossings"
down_revision = "0002_walls"
branch_labels = None
depends_on = None

# Columns that the crosser may read of other tenants' rows, for the functions and the view below.
READS = {
    "tenants": "id, slug, status, pending_deletion_at",
    "api_keys": "tenant_id, digest, revoked_at",
    "links": "tenant_id, id, link_key, partner_id, campaign_id, destination_url",
    "partners": "tenant_id, id, revoked_at",
    "campaigns": "tenant_id, id, destination_url, deep_link_allowed_domains",
}

# PostgreSQL 18 has this built in; 15 has not. For rows that a statement makes by itself.
UUID_V7 = """
    create function uuid_v7() returns uuid language sql volatile parallel safe as $$
        select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
            substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
            from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
    $$
"""

FUNCTIONS = {
    # The slug in an address, before any tenant is known.
    "tenant_by_slug(text)": """
        create function tenant_by_slug(wanted text, out id uuid, out status text)
        returns setof record language sql stable security definer set search_path = public as
        $$ select id, status from tenants where slug = wanted $$
    """,
    # A key names its tenant, so that no slug is needed beside it.
    "tenant_of_key(text)": """
        create function tenant_of_key(wanted text) returns uuid
        language sql stable security definer set search_path = public as
        $$ select tenant_id from api_keys where digest = wanted and revoked_at is null $$
    """,
    # The scheduler pins each of these in turn.
    "active_tenants()": """
        create function active_tenants() returns setof uuid
        language sql stable security definer set search_path = public as
        $$
            select id from tenants where status = 'active' and pending_deletion_at is null
            order by id
        $$
    """,
    # For the operator's own tasks, which leave nobody out: sealing every secret under another key.
    "every_tenant()": """
        create function every_tenant() returns setof uuid
        language sql stable security definer set search_path = public as
        $$ select id from tenants order by id $$
    """,
    # Leases due work of all tenants, lane by lane from where the caller was last, so that a lane with
    # a long queue costs the others nothing; at most `per_lane` of a lane are under way at once.
    "claim_jobs(int, int, interval, uuid, text)": """
        create function claim_jobs(wanted int, per_lane int, lease interval,
            after_tenant uuid default '00000000-0000-0000-0000-000000000000',
            after_lane text default '')
        returns table (tenant_id uuid, id uuid, name text, arguments jsonb, attempts int, lane text)
        language plpgsql volatile security definer set search_path = public as $$
        #variable_conflict use_column
        declare
            remaining int := wanted;
            taken int;
            round int := 0;
            behind_tenant uuid := after_tenant;
            behind_lane text := after_lane;
        begin
            -- One claim at a time: two at once would each count the same room in a lane, and fill
            -- it twice. Counting happens in later statements, which see what was claimed before.
            perform pg_advisory_xact_lock(hashtext('claim_jobs'));
            -- Every step reads a few rows off an index; statistics older than a burst of jobs would
            -- have it sort them all.
            perform set_config(name, 'off', true)
                from unnest('{enable_sort,enable_seqscan,enable_bitmapscan}'::text[]) name;
            if not exists (select from jobs j where j.done_at is null and j.dead_at is null
                    and j.run_at <= now() and (j.leased_until is null or j.leased_until < now())) then
                return;
            end if;
            while remaining > 0 and round < 2 loop
                return query
                    with recursive lanes as (
                        (select j.tenant_id, coalesce(j.receiver, j.name) as lane from jobs j
                            where j.done_at is null and j.dead_at is null
                                and (j.tenant_id, coalesce(j.receiver, j.name)) > (behind_tenant, behind_lane)
                            order by j.tenant_id, coalesce(j.receiver, j.name) limit 1)
                        union all
                        select following.* from lanes l cross join lateral (
                            select j.tenant_id, coalesce(j.receiver, j.name) from jobs j
                            where j.done_at is null and j.dead_at is null
                                and (j.tenant_id, coalesce(j.receiver, j.name)) > (l.tenant_id, l.lane)
                            order by j.tenant_id, coalesce(j.receiver, j.name) limit 1) following
                    ), due as materialized (
                        select chosen.* from lanes l cross join lateral (
                            select j.tenant_id, j.id from jobs j
                            where j.tenant_id = l.tenant_id and coalesce(j.receiver, j.name) = l.lane
                                and j.done_at is null and j.dead_at is null and j.run_at <= now()
                                and (j.leased_until is null or j.leased_until < now())
                            order by j.run_at, j.id
                            limit greatest(0, per_lane - (select count(*) from jobs busy
                                where busy.tenant_id = l.tenant_id
                                and coalesce(busy.receiver, busy.name) = l.lane
                                    and busy.done_at is null and busy.dead_at is null
                                    and busy.leased_until >= now()))) chosen
                        limit remaining
                    )
                    update jobs j set leased_until = now() + lease, attempts = j.attempts + 1
                    from due where j.tenant_id = due.tenant_id and j.id = due.id
                        and j.done_at is null and j.dead_at is null
                    returning j.tenant_id, j.id, j.name::text, j.arguments, j.attempts,
                        coalesce(j.receiver, j.name)::text;
                get diagnostics taken = row_count;
                remaining := remaining - taken;
                round := round + 1;
                behind_tenant := '00000000-0000-0000-0000-000000000000';
                behind_lane := '';
            end loop;
        end $$
    """,
    # How much waits, how long the oldest has, and how much is dead: for metrics, without content.
    "queue_depth()": """
        create function queue_depth(out name text, out waiting bigint, out dead bigint,
                                    out oldest_seconds double precision)
        returns setof record language sql stable security definer set search_path = public as $$
            select name, count(*) filter (where dead_at is null),
                count(*) filter (where dead_at is not null),
                coalesce(extract(epoch from now() - min(run_at) filter (where dead_at is null)), 0)
            from jobs where done_at is null group by name
        $$
    """,
}


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for table, columns in READS.items():
        op.execute(f"grant select ({columns}) on {table} to openpartner_crosser")
        op.execute(
            f"create policy crosser_reads on {table} for select to openpartner_crosser using (true)"
        )
    op.execute("grant select, update on jobs to openpartner_crosser")
    op.execute("create policy crosser_works on jobs to openpartner_crosser using (true)")
    for signature, body in FUNCTIONS.items():
        op.execute(body)
        # Before the owner changes: afterwards the grant would be the crosser's to give.
        op.execute(f"revoke all on function {signature} from public")
        op.execute(f"grant execute on function {signature} to openpartner_app")
        op.execute(f"alter function {signature} owner to openpartner_crosser")
    op.execute(UUID_V7)
    op.execute("grant select on alembic_version to openpartner_app")
    link_directory()
    announcements()
    partitions()


def link_directory() -> None:
    """All that the router may know: where a key leads, and whose it is."""
    op.execute(
        """
        create view link_directory with (security_barrier) as
        select l.tenant_id, t.slug, l.link_key, l.id as link_id, l.partner_id, l.campaign_id,
            coalesce(l.destination_url, c.destination_url) as destination_url,
            l.destination_url is not null as is_override, c.destination_url as campaign_url,
            c.deep_link_allowed_domains, p.revoked_at is not null as revoked
        from links l
        join tenants t on t.id = l.tenant_id and t.status = 'active'
        join partners p on p.tenant_id = l.tenant_id and p.id = l.partner_id
        join campaigns c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
        """
    )
    op.execute("grant select on link_directory to openpartner_router")
    op.execute("alter view link_directory owner to openpartner_crosser")
    op.execute("grant insert on clicks to openpartner_router")
    op.execute(
        "create policy router_appends on clicks for insert to openpartner_router with check (true)"
    )


def announcements() -> None:
    """Routers listen on `links`, workers on `jobs`; PostgreSQL sends these at commit, never before."""
    op.execute(
        """
        create function announce_links() returns trigger language plpgsql as $$
        begin
            perform pg_notify('links', json_build_object(
                'table', tg_table_name, 'id', new.id,
                'tenant', coalesce(to_jsonb(new)->>'tenant_id', new.id::text))::text);
            return null;
        end $$
        """
    )
    for table in ("links", "partners", "campaigns", "tenants"):
        when = (
            "" if table != "partners" else "when (old.revoked_at is distinct from new.revoked_at)"
        )
        op.execute(
            f"create trigger announce_update after update on {table}"
            f" for each row {when} execute function announce_links()"
        )
    op.execute(
        "create trigger announce_insert after insert on links"
        " for each row execute function announce_links()"
    )
    op.execute(
        """
        create function announce_jobs() returns trigger language plpgsql as $$
        begin
            -- Statements that insert nothing are common, and NOTIFY makes commits queue.
            if exists (select from fresh) then
                notify jobs;
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger announce after insert on jobs referencing new table as fresh"
        " for each statement execute function announce_jobs()"
    )


def partitions() -> None:
    """One partition a month, made ahead by a job; the default one catches what nobody foresaw."""
    op.execute(
        """
        create function make_click_partitions(ahead int) returns int
        language plpgsql volatile security definer set search_path = public as $$
        declare
            first date := date_trunc('month', now())::date;
            made int := 0;
            part text;
        begin
            for i in -1 .. ahead loop
                part := 'clicks_' || to_char(first + make_interval(months => i), 'YYYY_MM');
                if to_regclass(part) is null then
                    begin
                        execute format('create table %I partition of clicks'
                            ' for values from (%L) to (%L)', part,
                            first + make_interval(months => i),
                            first + make_interval(months => i + 1));
                        execute format('alter table %I enable row level security', part);
                        execute format('alter table %I force row level security', part);
                        made := made + 1;
                    exception when check_violation then
                        -- An imported click from the future holds this month in the default
                        -- partition; it must not keep the other months from theirs.
                        raise warning 'clicks of % stay in the default partition', part;
                    end;
                end if;
            end loop;
            return made;
        end $$
        """
    )
    op.execute("revoke all on function make_click_partitions(int) from public")
    op.execute("grant execute on function make_click_partitions(int) to openpartner_app")
    op.execute("create table clicks_default partition of clicks default")
    op.execute("alter table clicks_default enable row level security")
    op.execute("alter table clicks_default force row level security")
    op.execute("select make_click_partitions(3)")


def downgrade() -> None:
    op.execute("drop function uuid_v7()")
    op.execute("revoke all on alembic_version from openpartner_app")
    op.execute("drop function make_click_partitions(int)")
    op.execute(
        """
        do $$ declare part regclass; begin
            for part in select inhrelid::regclass from pg_inherits
                        where inhparent = 'clicks'::regclass loop
                execute format('drop table %s', part);
            end loop;
        end $$
        """
    )
    op.execute("drop trigger announce on jobs")
    op.execute("drop function announce_jobs()")
    op.execute("drop trigger announce_insert on links")
    for table in ("links", "partners", "campaigns", "tenants"):
        op.execute(f"drop trigger announce_update on {table}")
    op.execute("drop function announce_links()")
    op.execute("drop policy router_appends on clicks")
    op.execute("revoke all on clicks from openpartner_router")
    op.execute("drop view link_directory")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.execute("drop policy crosser_works on jobs")
    op.execute("revoke all on jobs from openpartner_crosser")
    for table, columns in READS.items():
        op.execute(f"drop policy crosser_reads on {table}")
        op.execute(f"revoke select ({columns}) on {table} from openpartner_crosser")
