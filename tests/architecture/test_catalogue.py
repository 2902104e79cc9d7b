"""Every table of a tenant's is walled in, read from PostgreSQL's own catalogue after migrating."""

import asyncpg

# Tables that belong to no tenant, and why.
UNOWNED = {
    "alembic_version": "which migration the database is at",
    "sealing_keys": "names of the installation's own keys",
    "operators": "people who run the installation, above all brands",
    "platform_entries": "what operators did; it outlives the brand that it was done to",
    "platform_links": "links that prove an address to the platform",
    "platform_sessions": "browsers that proved one",
    "retired_slugs": "names of workspaces that are gone, which nobody gets again",
    "signup_blocks": "from where nobody may sign a brand up",
    "tenants": "the tenants themselves; row security compares their id",
    "unclaimed_stripe_events": "of whom they are isn't known; no pinned session sees them",
    "ticks": "moments of the schedule, which is one for the whole installation",
}

# What only a transaction of the platform's own sees, which is pinned to it.
PLATFORM = {
    "operators", "platform_entries", "platform_links", "platform_sessions", "retired_slugs",
    "signup_blocks",
}  # fmt: skip

# Policies beside the wall itself: only for roles that exist to cross it.
EXCEPTIONS = {"openpartner_crosser", "openpartner_router"}

TABLES = """
select c.oid, c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    c.relispartition as is_partition,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
            and not a.attisdropped) as owned
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
order by c.relname
"""
POLICIES = "select * from pg_policies where schemaname = 'public' order by tablename, policyname"
# Of each unique index (primary keys are such too) the first column.
UNIQUE_KEYS = """
select c.relname as table, i.relname as name, a.attname as first
from pg_index x
join pg_class c on c.oid = x.indrelid
join pg_class i on i.oid = x.indexrelid
join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
where c.relnamespace = 'public'::regnamespace and x.indisunique
order by 1, 2
"""
FOREIGN_KEYS = """
select conrelid::regclass::text as table, conname as name, confrelid::regclass::text as target,
    (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1]) as first,
    (select attname from pg_attribute where attrelid = confrelid and attnum = confkey[1])
        as target_first
from pg_constraint
where contype = 'f' and connamespace = 'public'::regnamespace
order by 1, 2
"""
TENANT_COLUMNS = """
select table_name as table, is_nullable = 'NO' as required, column_default as default
from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'
    and table_name in (select relname from pg_class where relkind in ('r', 'p'))
order by 1
"""


async def test_a_table_belongs_to_a_tenant_or_says_why_not(superuser: asyncpg.Connection) -> None:
    unowned = {row["name"] for row in await superuser.fetch(TABLES) if not row["owned"]}
    assert unowned == set(UNOWNED)


async def test_row_security_is_forced_on_every_tenants_table(
    superuser: asyncpg.Connection,
) -> None:
    """Partitions too: somebody may address one directly."""
    open_tables = [
        row["name"]
        for row in await superuser.fetch(TABLES)
        if (row["owned"] or row["name"] == "tenants") and not (row["enabled"] and row["forced"])
    ]
    assert open_tables == []


async def test_every_tenants_table_has_one_wall_for_reading_and_writing(
    superuser: asyncpg.Connection,
) -> None:
    walls = {
        row["tablename"]: row
        for row in await superuser.fetch(POLICIES)
        if row["roles"] == ["public"]
    }
    wanted = {
        row["name"]
        for row in await superuser.fetch(TABLES)
        if (row["owned"] or row["name"] == "tenants") and not row["is_partition"]
    }
    assert set(walls) == wanted
    for table, policy in walls.items():
        column = "id" if table == "tenants" else "tenant_id"
        assert (policy["cmd"], policy["permissive"]) == ("ALL", "PERMISSIVE")
        assert policy["qual"] == policy["with_check"]
        # In a sub-select, so that it is asked once a statement and not once a row.
        assert policy["qual"].startswith(f"({column} = ( SELECT (NULLIF(current_setting(")
        assert "'app.tenant_id'::text, true), ''::text))::uuid" in policy["qual"]


async def test_exceptions_to_the_wall_name_the_role_they_are_for(
    superuser: asyncpg.Connection,
) -> None:
    named = [row for row in await superuser.fetch(POLICIES) if row["roles"] != ["public"]]
    strangers = [
        tuple(row)
        for row in named
        if not set(row["roles"]) <= EXCEPTIONS
        and row["policyname"] not in {"platform_only", "unpinned"}
    ]
    assert strangers == []


async def test_s5_what_belongs_to_the_platform_is_walled_off_from_every_brand(
    superuser: asyncpg.Connection,
) -> None:
    forced = {
        row["name"] for row in await superuser.fetch(TABLES) if row["enabled"] and row["forced"]
    }
    assert forced >= PLATFORM
    policies = [
        row for row in await superuser.fetch(POLICIES) if row["policyname"] == "platform_only"
    ]
    assert {row["tablename"] for row in policies} == PLATFORM
    for row in policies:
        assert (row["cmd"], row["roles"]) == ("ALL", ["openpartner_app"])
        assert row["qual"] == row["with_check"]
        pinned = "( SELECT current_setting('app.platform'::text, true) AS current_setting)"
        assert row["qual"] == f"({pinned} = 'on'::text)"


async def test_every_unique_key_begins_with_the_tenant(superuser: asyncpg.Connection) -> None:
    """Else a clash would tell one tenant what another has."""
    wrong = [
        (row["table"], row["name"])
        for row in await superuser.fetch(UNIQUE_KEYS)
        if row["first"] != "tenant_id" and row["table"] not in UNOWNED
    ]
    assert wrong == []


async def test_every_foreign_key_includes_the_tenant(superuser: asyncpg.Connection) -> None:
    """Row security is not asked by foreign keys, so they have to ask themselves."""
    wrong = [
        (row["table"], row["name"])
        for row in await superuser.fetch(FOREIGN_KEYS)
        if row["first"] != "tenant_id"
        or row["target_first"] != ("id" if row["target"] == "tenants" else "tenant_id")
    ]
    assert wrong == []


async def test_clicks_have_no_foreign_keys(superuser: asyncpg.Connection) -> None:
    keys = await superuser.fetch(FOREIGN_KEYS)
    assert [row["name"] for row in keys if row["table"].startswith("clicks")] == []


async def test_a_new_row_belongs_to_the_pinned_tenant(superuser: asyncpg.Connection) -> None:
    default = "(NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid"
    columns = await superuser.fetch(TENANT_COLUMNS)
    wrong = [row["table"] for row in columns if not row["required"] or row["default"] != default]
    assert columns
    assert wrong == []
