"""What each database role may do: as little as its work needs, read from the catalogue."""

import asyncpg
import pytest

from tests.support.databases import Scratch

OURS = ("openpartner_owner", "openpartner_app", "openpartner_router", "openpartner_crosser")
RUNNING = ("openpartner_app", "openpartner_router")

# All that the router may do with tables and views.
ROUTER_MAY = {
    ("clicks", "INSERT"),
    ("link_directory", "SELECT"),
    ("domain_directory", "SELECT"),
    ("tenant_rules", "SELECT"),
}

# What tables the app may only add to.
APPEND_ONLY = {
    "audit_entries", "clicks", "coupon_redemptions", "events", "identities", "repricings", "terms",
    "correction_references", "corrections", "ledger_entries", "ledger_postings", "payment_references",
    "payout_steps",
}  # fmt: skip

# The same of the platform's own.
PLATFORM_APPEND_ONLY = {"platform_entries"}

# The view that the router reads, and nothing more of other tables.
DIRECTORY = {
    "tenant_id", "slug", "link_key", "link_id", "partner_id", "campaign_id", "destination_url",
    "is_override", "campaign_url", "deep_link_allowed_domains", "revoked", "active", "changed_ago",
    "pass_parameters", "cookies", "paid_ads",
}  # fmt: skip

PRIVILEGES = """
select c.relname as table, privilege
from pg_class c,
    unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
        as privilege
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
    and (has_table_privilege($1, c.oid, privilege)
        or (privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and c.relkind <> 'S'
            and has_any_column_privilege($1, c.oid, privilege)))
"""


@pytest.mark.parametrize("role", OURS)
async def test_no_role_of_ours_is_stronger_than_its_work(
    role: str, superuser: asyncpg.Connection
) -> None:
    row = await superuser.fetchrow("select * from pg_roles where rolname = $1", role)
    rights = ("super", "bypassrls", "createdb", "createrole", "replication")
    assert [right for right in rights if row[f"rol{right}"]] == []
    assert row["rolcanlogin"] == (role != "openpartner_crosser")


@pytest.mark.parametrize("role", RUNNING)
async def test_a_running_process_owns_nothing_and_is_nobody_else(
    role: str, superuser: asyncpg.Connection
) -> None:
    owned = await superuser.fetchval(
        "select count(*) from pg_shdepend where deptype = 'o' and refobjid = $1::regrole", role
    )
    others = [other for other in (*OURS, "postgres") if other != role]
    groups = [
        other
        for other in others
        if await superuser.fetchval("select pg_has_role($1, $2, 'MEMBER')", role, other)
    ]
    assert (owned, groups) == (0, [])


@pytest.mark.parametrize("role", RUNNING)
async def test_a_running_process_can_make_nothing_in_the_database(
    role: str, superuser: asyncpg.Connection
) -> None:
    """No temporary tables either: they would come before ours in a function's search path."""
    made = await superuser.fetchrow(
        "select has_schema_privilege($1, 'public', 'CREATE') as tables,"
        " has_database_privilege($1, current_database(), 'TEMP') as temporary,"
        " has_database_privilege($1, current_database(), 'CREATE') as schemas",
        role,
    )
    assert tuple(made) == (False, False, False)


async def privileges(superuser: asyncpg.Connection, role: str) -> set[tuple[str, str]]:
    return {tuple(row) for row in await superuser.fetch(PRIVILEGES, role)}


async def test_the_router_may_append_clicks_and_read_the_directory(
    superuser: asyncpg.Connection,
) -> None:
    assert await privileges(superuser, "openpartner_router") == ROUTER_MAY


async def test_the_directory_tells_no_more_than_where_a_link_leads(
    superuser: asyncpg.Connection,
) -> None:
    rows = await superuser.fetch(
        "select attname from pg_attribute where attrelid = 'link_directory'::regclass and attnum > 0"
    )
    assert {row["attname"] for row in rows} == DIRECTORY
    rows = await superuser.fetch(
        "select attname from pg_attribute where attrelid = 'domain_directory'::regclass and attnum > 0"
    )
    assert {row["attname"] for row in rows} == {"host", "slug"}
    for directory in ("link_directory", "domain_directory"):
        options = await superuser.fetchval(
            "select reloptions from pg_class where relname = $1", directory
        )
        assert options == ["security_barrier=true"]


async def test_the_app_may_only_add_to_raw_facts(superuser: asyncpg.Connection) -> None:
    may = await privileges(superuser, "openpartner_app")
    inserted = {table for table, privilege in may if privilege == "INSERT"}
    changed = {table for table, privilege in may if privilege in {"UPDATE", "DELETE"}}
    assert inserted - changed == APPEND_ONLY | PLATFORM_APPEND_ONLY


async def test_the_app_may_neither_truncate_nor_rewire(superuser: asyncpg.Connection) -> None:
    may = await privileges(superuser, "openpartner_app")
    assert {right for right in may if right[1] in {"TRUNCATE", "REFERENCES", "TRIGGER"}} == set()


async def test_nobody_else_may_do_anything(superuser: asyncpg.Connection) -> None:
    """PUBLIC means every role of the server, whoever made it."""
    granted = await superuser.fetch(
        "select table_name from information_schema.role_table_grants"
        " where grantee = 'PUBLIC' and table_schema = 'public'"
        " union all select table_name from information_schema.column_privileges"
        " where grantee = 'PUBLIC' and table_schema = 'public'"
    )
    database = await superuser.fetchval(
        "select datacl::text like '%{=%' or datacl::text like '%,=%' from pg_database"
        " where datname = current_database()"
    )
    assert (granted, database) == ([], False)


async def test_a_partition_is_reached_through_its_parent_only(scratch: Scratch) -> None:
    connection = await asyncpg.connect(plain(scratch.urls.app))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from clicks_default")
    finally:
        await connection.close()


def plain(url: str) -> str:
    """The address without SQLAlchemy's driver."""
    return url.replace("+asyncpg", "")
