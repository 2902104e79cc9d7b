"""The link directory says how long ago each row changed, so that a router can catch up."""

from alembic import op

revision = "0005_link_versions"
down_revision = "0004_outbound"
branch_labels = None
depends_on = None

TABLES = ("links", "tenants", "partners", "campaigns")


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for table in TABLES:
        op.execute(f"grant select (xmin) on {table} to openpartner_crosser")
    # Counted in transactions, from the rows themselves: no log to write, and none to prune.
    directory(
        "t.status = 'active' as active,"
        " least(age(l.xmin), age(t.xmin), age(p.xmin), age(c.xmin)) as changed_ago",
        "true",
    )
    # A row that is gone has no age, so the end of a workspace has to be announced.
    op.execute(
        """
        create function announce_end() returns trigger language plpgsql as $$
        begin
            perform pg_notify('links', json_build_object(
                'table', 'tenants', 'id', old.id, 'tenant', old.id)::text);
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger announce_delete after delete on tenants"
        " for each row execute function announce_end()"
    )


def downgrade() -> None:
    op.execute("drop trigger announce_delete on tenants")
    op.execute("drop function announce_end()")
    directory("t.status = 'active' as active", "t.status = 'active'")
    for table in TABLES:
        op.execute(f"revoke select (xmin) on {table} from openpartner_crosser")


def directory(more: str, condition: str) -> None:
    op.execute("drop view link_directory")
    op.execute(
        f"""
        create view link_directory with (security_barrier) as
        select l.tenant_id, t.slug, l.link_key, l.id as link_id, l.partner_id, l.campaign_id,
            coalesce(l.destination_url, c.destination_url) as destination_url,
            l.destination_url is not null as is_override, c.destination_url as campaign_url,
            c.deep_link_allowed_domains, p.revoked_at is not null as revoked, {more}
        from links l
        join tenants t on t.id = l.tenant_id
        join partners p on p.tenant_id = l.tenant_id and p.id = l.partner_id
        join campaigns c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
        where {condition}
        """
    )
    op.execute("grant select on link_directory to openpartner_router")
    op.execute("alter view link_directory owner to openpartner_crosser")
