"""Tenants, people with several of them, operators and domains."""

from alembic import op

from shared.walls import wall

revision = "0014_platform"
down_revision = "0013_fraud"
branch_labels = None
depends_on = None

# What belongs to no brand: seen only by a transaction that is pinned to the platform.
PLATFORM = {
    "operators": """
        id uuid not null constraint pk_operators primary key,
        email varchar not null constraint uq_operators_email unique,
        name varchar not null,
        role varchar not null constraint ck_operators_role check (role in ('support', 'admin')),
        created_at timestamptz not null default now(),
        revoked_at timestamptz
    """,
    "platform_links": """
        id uuid not null constraint pk_platform_links primary key,
        digest varchar not null constraint uq_platform_links_digest unique,
        kind varchar not null
            constraint ck_platform_links_kind check (kind in ('person', 'operator')),
        email varchar not null,
        expires_at timestamptz not null,
        consumed_at timestamptz,
        created_at timestamptz not null default now()
    """,
    "platform_sessions": """
        id uuid not null constraint pk_platform_sessions primary key,
        digest varchar not null constraint uq_platform_sessions_digest unique,
        kind varchar not null
            constraint ck_platform_sessions_kind check (kind in ('person', 'operator')),
        email varchar not null,
        expires_at timestamptz not null,
        last_seen_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz not null default now()
    """,
    "signup_blocks": """
        id uuid not null constraint pk_signup_blocks primary key,
        kind varchar not null constraint ck_signup_blocks_kind check (kind in ('email', 'domain')),
        value varchar not null,
        reason varchar,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        constraint uq_signup_blocks_kind_value unique (kind, value)
    """,
    "platform_entries": """
        id uuid not null constraint pk_platform_entries primary key,
        actor varchar not null,
        action varchar not null,
        subject varchar,
        brand_id uuid,
        address varchar,
        request_id varchar,
        details jsonb not null default '{}'::jsonb,
        created_at timestamptz not null default now()
    """,
    "retired_slugs": """
        slug varchar not null constraint pk_retired_slugs primary key,
        retired_at timestamptz not null default now()
    """,
}
INDEXES = (
    "create index ix_platform_links_email on platform_links (email)",
    "create index ix_platform_sessions_email on platform_sessions (email)",
    "create index ix_platform_entries_brand_id on platform_entries (brand_id, id)",
    "create index ix_sessions_digest on sessions (digest)",
)
# Once written, an entry of the operators' log stays; a retired name is the crosser's to write.
APPEND_ONLY = ("platform_entries",)
WRITTEN_BY_A_TRIGGER = ("retired_slugs",)

DOMAINS = """
    create table domains (
        tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid
            constraint fk_domains_tenant_id references tenants (id),
        id uuid not null,
        host varchar not null,
        purpose varchar not null
            constraint ck_domains_purpose check (purpose in ('portal', 'links')),
        token varchar not null,
        verified_at timestamptz,
        checked_at timestamptz,
        failing_since timestamptz,
        last_error varchar,
        created_at timestamptz not null default now(),
        constraint pk_domains primary key (tenant_id, id),
        constraint uq_domains_tenant_id_host unique (tenant_id, host)
    )
"""
COLUMNS = {
    "tenants": (
        (
            "approval_status varchar not null default 'approved' constraint ck_tenants_approval"
            " check (approval_status in ('pending', 'approved', 'rejected'))"
        ),
        "suspended_at timestamptz",
        "status_reason varchar",
        "white_label boolean not null default false",
    ),
    "campaigns": ("blocked_at timestamptz", "blocked_reason varchar"),
}
READS = {
    "tenants": "display_name, approval_status, created_at, suspended_at",
    "campaigns": "blocked_at",
    "admins": "tenant_id, id, email, activated_at, revoked_at",
    "sessions": "tenant_id, digest, revoked_at, expires_at",
    "domains": "tenant_id, host, purpose, verified_at",
}
NEW_READERS = ("admins", "sessions", "domains")
ON_THE_PLATFORM = "(select current_setting('app.platform', true)) = 'on'"

TENANT_BY_SLUG = """
    create function tenant_by_slug(wanted text, out id uuid, out status text)
    returns setof record language sql stable security definer set search_path = public as
    $$ {} $$
"""
ALIVE = "select id, status from tenants where slug = wanted"
ALIVE_OR_GONE = f"""
    {ALIVE} union all
    select null, 'deleted' from retired_slugs r where r.slug = wanted
        and not exists (select from tenants t where t.slug = wanted)
"""
FUNCTIONS = {
    # A browser that signs out doesn't say of which workspace.
    "tenant_of_session(text)": """
        create function tenant_of_session(wanted text) returns uuid
        language sql stable security definer set search_path = public as $$
            select tenant_id from sessions
            where digest = wanted and revoked_at is null and expires_at > now()
        $$
    """,
    # The workspaces of one proved address, for the platform alone.
    "workspaces_of(text)": f"""
        create function workspaces_of(wanted text, out tenant_id uuid, out slug text,
            out display_name text, out pending_deletion boolean, out admin_id uuid,
            out activated boolean)
        returns setof record language sql stable security definer set search_path = public as $$
            select t.id, t.slug, t.display_name, t.pending_deletion_at is not null, a.id,
                a.activated_at is not null
            from admins a join tenants t on t.id = a.tenant_id
            where a.email = wanted and a.revoked_at is null and t.status = 'active'
                and {ON_THE_PLATFORM}
            order by t.slug
        $$
    """,
    # The operators' list: by state, and by a slug, an admin's address, a domain or a name.
    "find_brands(text, text, uuid, int)": f"""
        create function find_brands(state text, wanted text, before uuid, most int,
            out id uuid, out slug text, out display_name text, out status text,
            out approval_status text, out created_at timestamptz, out suspended_at timestamptz,
            out pending_deletion_at timestamptz)
        returns setof record language sql stable security definer set search_path = public as $$
            select t.id, t.slug, t.display_name, t.status, t.approval_status, t.created_at,
                t.suspended_at, t.pending_deletion_at
            from tenants t
            where {ON_THE_PLATFORM}
                and (before is null or t.id < before)
                and (state is null or state in (t.status, t.approval_status)
                    or (state = 'pending_deletion' and t.pending_deletion_at is not null))
                and (wanted is null or t.slug = wanted or t.id::text = wanted
                    or position(wanted in lower(t.display_name)) > 0
                    or exists (select from admins a where a.tenant_id = t.id and a.email = wanted)
                    or exists (select from domains d where d.tenant_id = t.id and d.host = wanted))
            order by t.id desc limit most
        $$
    """,
    # Whose a proved host name is.
    "tenant_of_domain(text)": """
        create function tenant_of_domain(wanted text, out tenant_id uuid, out slug text,
            out purpose text)
        returns setof record language sql stable security definer set search_path = public as $$
            select d.tenant_id, t.slug, d.purpose from domains d join tenants t on t.id = d.tenant_id
            where d.host = wanted and d.verified_at is not null
        $$
    """,
}
# Suspended brands' links go on leading where they led: what their visitors followed was promised
# to them. Rejected brands' and blocked campaigns' lead nowhere, whatever they point at.
RUNNING = "(t.status = 'active')"
REACHABLE = (
    "(t.status in ('active', 'suspended') and t.approval_status <> 'rejected'"
    " and c.blocked_at is null)"
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"alter table {table} add column {column}")
    op.execute("grant insert on tenants to openpartner_app")
    for table, columns in PLATFORM.items():
        op.execute(f"create table {table} ({columns})")
        platform_wall(table)
    op.execute(DOMAINS)
    op.execute("create index ix_domains_held on domains (host) where verified_at is not null")
    for statement in wall("domains"):
        op.execute(statement)
    op.execute("grant select, insert, update, delete on domains to openpartner_app")
    for index in INDEXES:
        op.execute(index)
    refuse_changes_of_entries()
    retire_slugs()
    crossings()
    domain_directory()
    active_means(REACHABLE)


def platform_wall(table: str) -> None:
    """Without the platform's pin the app sees no row; nobody else has any business here."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy platform_only on {table} to openpartner_app"
        f" using ({ON_THE_PLATFORM}) with check ({ON_THE_PLATFORM})"
    )
    rights = "select, insert, update, delete"
    if table in APPEND_ONLY:
        rights = "select, insert"
    elif table in WRITTEN_BY_A_TRIGGER:
        rights = "select"
    op.execute(f"grant {rights} on {table} to openpartner_app")


def refuse_changes_of_entries() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete on {table}"
            " for each row execute function refuse_change()"
        )


def retire_slugs() -> None:
    """Runs as the crosser, who alone deletes workspaces."""
    op.execute(
        """
        create function retire_slug() returns trigger language plpgsql as $$
        begin
            if old.slug <> 'default' then
                insert into retired_slugs (slug) values (old.slug) on conflict do nothing;
            end if;
            return null;
        end $$
        """
    )
    op.execute("grant select, insert on retired_slugs to openpartner_crosser")
    op.execute(
        "create policy crosser_retires on retired_slugs to openpartner_crosser"
        " using (true) with check (true)"
    )
    op.execute(
        "create trigger retire_slug after delete on tenants"
        " for each row execute function retire_slug()"
    )


def crossings() -> None:
    for table, columns in READS.items():
        op.execute(f"grant select ({columns}) on {table} to openpartner_crosser")
    for table in NEW_READERS:
        op.execute(
            f"create policy crosser_reads on {table} for select to openpartner_crosser using (true)"
        )
    op.execute("drop function tenant_by_slug(text)")
    crossing("tenant_by_slug(text)", TENANT_BY_SLUG.format(ALIVE_OR_GONE))
    for signature, body in FUNCTIONS.items():
        crossing(signature, body)


def crossing(signature: str, body: str) -> None:
    op.execute(body)
    # Before the owner changes: afterwards the grant would be the crosser's to give.
    op.execute(f"revoke all on function {signature} from public")
    op.execute(f"grant execute on function {signature} to openpartner_app")
    op.execute(f"alter function {signature} owner to openpartner_crosser")


def domain_directory() -> None:
    """All that the router may know of domains: which brand's links stand on them."""
    op.execute(
        """
        create view domain_directory with (security_barrier) as
        select d.host, t.slug from domains d join tenants t on t.id = d.tenant_id
        where d.verified_at is not null and d.purpose = 'links'
        """
    )
    op.execute(
        """
        create function announce_domains() returns trigger language plpgsql as $$
        declare
            changed domains := coalesce(new, old);
        begin
            perform pg_notify('links', json_build_object(
                'table', 'domains', 'id', changed.id, 'tenant', changed.tenant_id)::text);
            return null;
        end $$
        """
    )
    # When it was last looked at is no news.
    op.execute(
        "create trigger announce_update after update on domains for each row"
        " when ((old.verified_at is null) <> (new.verified_at is null))"
        " execute function announce_domains()"
    )
    op.execute(
        "create trigger announce_delete after delete on domains"
        " for each row execute function announce_domains()"
    )
    op.execute("grant select on domain_directory to openpartner_router")
    op.execute("alter view domain_directory owner to openpartner_crosser")


def active_means(condition: str) -> None:
    """The link directory with another idea of `active`, whatever else it tells by now."""
    view = op.get_bind().exec_driver_sql("select pg_get_viewdef('link_directory')").scalar_one()
    view = " ".join(view.split()).rstrip(";")
    end = view.index(" AS active")
    begin, opened = end, 0
    while begin == end or opened:
        begin -= 1
        opened += {")": 1, "(": -1}.get(view[begin], 0)
    op.execute("drop view link_directory")
    op.get_bind().exec_driver_sql(
        "create view link_directory with (security_barrier) as "
        + view[:begin]
        + condition
        + view[end:]
    )
    op.execute("grant select on link_directory to openpartner_router")
    op.execute("alter view link_directory owner to openpartner_crosser")


def downgrade() -> None:
    active_means(RUNNING)
    op.execute("drop view domain_directory")
    op.execute("drop trigger announce_update on domains")
    op.execute("drop trigger announce_delete on domains")
    op.execute("drop function announce_domains()")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.execute("drop function tenant_by_slug(text)")
    crossing("tenant_by_slug(text)", TENANT_BY_SLUG.format(ALIVE))
    op.execute("drop trigger retire_slug on tenants")
    op.execute("drop function retire_slug()")
    op.execute("drop index ix_sessions_digest")
    op.execute("drop table domains")
    for table in reversed(PLATFORM):
        op.execute(f"drop table {table}")
    for table in ("admins", "sessions"):
        op.execute(f"drop policy crosser_reads on {table}")
        op.execute(f"revoke select ({READS[table]}) on {table} from openpartner_crosser")
        op.execute(f"grant select (tenant_id) on {table} to openpartner_crosser")
    op.execute("revoke select (display_name, created_at) on tenants from openpartner_crosser")
    op.execute("revoke insert on tenants from openpartner_app")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"alter table {table} drop column {column.split()[0]}")
