"""The end of a tenant: one function that knows whose grace is over, and one that forgets them."""

from alembic import op

revision = "0007_deletion"
down_revision = "0006_mail_and_uploads"
branch_labels = None
depends_on = None

DEFAULT_TENANT = "01900000-0000-7000-8000-000000000001"

FUNCTIONS = {
    # Whose 30 days of grace are over.
    "expired_tenants()": """
        create function expired_tenants() returns setof uuid
        language sql stable security definer set search_path = public as $$
            select id from tenants where pending_deletion_at <= now() - interval '30 days'
            order by id
        $$
    """,
    # Deletes such a tenant with all that is theirs, and answers how many rows that was. The tables
    # come from the catalogue, each when none that is left refers to it any more; what refers back
    # at commit only (a campaign to its terms) needn't wait.
    "delete_expired_tenant(uuid)": f"""
        create function delete_expired_tenant(wanted uuid) returns bigint
        language plpgsql volatile security definer set search_path = public as $$
        declare
            pinned text := coalesce(current_setting('app.tenant_id', true), '');
            waiting regclass[];
            chosen regclass;
            deleted bigint;
            gone bigint := 0;
        begin
            perform set_config('app.tenant_id', wanted::text, true);
            perform from tenants where id = wanted
                and pending_deletion_at <= now() - interval '30 days' for update;
            if not found then
                raise exception 'the grace of tenant % is not over', wanted;
            end if;
            select array_agg(c.oid::regclass order by c.relname) into waiting
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                and not c.relispartition;
            while cardinality(waiting) > 0 loop
                select t into chosen from unnest(waiting) t where not exists (
                    select from pg_constraint f where f.contype = 'f' and f.confrelid = t
                        and f.conrelid <> t and f.conrelid = any(waiting) and not f.condeferred
                ) limit 1;
                if chosen is null then
                    raise exception 'these tables refer to each other in a ring: %', waiting;
                end if;
                execute format('delete from %s where tenant_id = $1', chosen) using wanted;
                get diagnostics deleted = row_count;
                gone := gone + deleted;
                waiting := array_remove(waiting, chosen);
            end loop;
            delete from tenants where id = wanted;
            if wanted = '{DEFAULT_TENANT}' then
                -- A single-tenant installation lives in this one: empty now, as on its first day.
                insert into tenants (id, slug, display_name)
                values (wanted, 'default', 'Default tenant');
            end if;
            perform set_config('app.tenant_id', pinned, true);
            return gone;
        end $$
    """,
}


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("grant update, insert (id, slug, display_name) on tenants to openpartner_crosser")
    for signature, body in FUNCTIONS.items():
        op.execute(body)
        # Before the owner changes: afterwards the grant would be the crosser's to give.
        op.execute(f"revoke all on function {signature} from public")
        op.execute(f"grant execute on function {signature} to openpartner_app")
        op.execute(f"alter function {signature} owner to openpartner_crosser")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.execute("revoke update, insert (id, slug, display_name) on tenants from openpartner_crosser")
