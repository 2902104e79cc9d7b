"""The functions that see across tenants: which they are, who owns them, and how little they tell."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from shared.ids import new_id
from shared.tokens import digest_of, new_token
from tests.architecture import (
    test_click_crossings,
    test_platform_crossings,
    test_stripe_crossings,
)
from tests.architecture.test_role_rights import plain
from tests.support.brand import Brand
from tests.support.databases import Scratch

CROSSER, OWNER = "openpartner_crosser", "openpartner_owner"

# Every function that runs with its owner's rights; each has a test below, named after it.
CROSSINGS = {
    "active_tenants": CROSSER,
    "claim_jobs": CROSSER,
    "delete_expired_tenant": CROSSER,
    "drop_click_partitions": OWNER,
    "erase_person": CROSSER,
    "every_tenant": CROSSER,
    "expire_clicks": CROSSER,
    "expired_tenants": CROSSER,
    "find_brands": CROSSER,
    "make_click_partitions": OWNER,
    "queue_depth": CROSSER,
    "seal_entry": OWNER,
    "stripe_tenants": CROSSER,
    "tenant_by_slug": CROSSER,
    "tenant_of_billing_customer": CROSSER,
    "tenant_of_domain": CROSSER,
    "tenant_of_key": CROSSER,
    "tenant_of_session": CROSSER,
    "workspaces_of": CROSSER,
}

DEFINERS = """
select p.proname as name, p.proowner::regrole::text as owner, p.proconfig as settings,
    has_function_privilege('openpartner_app', p.oid, 'EXECUTE') as for_app,
    has_function_privilege('openpartner_router', p.oid, 'EXECUTE') as for_router,
    exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as granted
            where granted.grantee = 0) as for_everybody
from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef
"""


@pytest.fixture
async def stranger(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    """The app, before any tenant is known."""
    connection = await asyncpg.connect(plain(scratch.urls.app))
    yield connection
    await connection.close()


async def test_every_crossing_is_known_and_owned_by_whom_it_should_be(
    superuser: asyncpg.Connection,
) -> None:
    found = {row["name"]: row["owner"] for row in await superuser.fetch(DEFINERS)}
    assert found == CROSSINGS


async def test_no_crossing_can_be_fooled_by_the_callers_search_path(
    superuser: asyncpg.Connection,
) -> None:
    for row in await superuser.fetch(DEFINERS):
        assert any(setting.startswith("search_path=") for setting in row["settings"])


async def test_only_the_app_crosses(superuser: asyncpg.Connection) -> None:
    for row in await superuser.fetch(DEFINERS):
        rights = (row["for_app"], row["for_router"], row["for_everybody"])
        assert rights == (True, False, False), row["name"]


def test_every_crossing_has_a_test_of_what_it_tells() -> None:
    elsewhere = (test_platform_crossings, test_click_crossings, test_stripe_crossings)
    tests = {*globals(), *(name for module in elsewhere for name in vars(module))}
    untested = [name for name in CROSSINGS if not any(f"test_{name}_" in it for it in tests)]
    assert untested == []


async def test_every_tenant_tells_ids_alone_and_leaves_nobody_out(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    await brand.execute("update tenants set status = 'suspended' where id = $1", brand.tenant_id)
    found = await stranger.fetch("select * from every_tenant()")
    assert [row for row in found if len(row) != 1] == []
    assert brand.tenant_id in {row[0] for row in found}


async def test_tenant_by_slug_tells_id_and_status(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    query = "select * from tenant_by_slug($1)"
    assert [dict(row) for row in await stranger.fetch(query, brand.slug)] == [
        {"id": brand.tenant_id, "status": "active"}
    ]
    assert await stranger.fetch(query, "nobody") == []
    assert await stranger.fetch(query, "%") == []


async def test_tenant_of_key_tells_whose_a_live_key_is(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    query = "select tenant_of_key($1)"
    assert await stranger.fetchval(query, digest_of(brand.key)) == brand.tenant_id
    assert await stranger.fetchval(query, digest_of(new_token("op_").plaintext)) is None
    await brand.execute(
        "update api_keys set revoked_at = now() where tenant_id = $1", brand.tenant_id
    )
    assert await stranger.fetchval(query, digest_of(brand.key)) is None


async def test_active_tenants_tells_the_ids_of_those_that_run(
    stranger: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    await other_brand.execute(
        "update tenants set status = 'suspended' where id = $1", other_brand.tenant_id
    )
    rows = await stranger.fetch("select * from active_tenants()")
    assert {len(row) for row in rows} == {1}
    tenants = {row[0] for row in rows}
    assert brand.tenant_id in tenants
    assert other_brand.tenant_id not in tenants


async def job(brand: Brand, name: str) -> UUID:
    identifier = new_id()
    await brand.execute(
        "insert into jobs (tenant_id, id, name, arguments, run_at)"
        " values ($1, $2, $3, '{}', now() - interval '90 seconds')",
        brand.tenant_id, identifier, name,
    )  # fmt: skip
    return identifier


async def test_claim_jobs_leases_due_work_of_all_tenants(
    stranger: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    name = f"test.claim_{brand.slug}"
    wanted = {await job(brand, name), await job(other_brand, name)}
    query = "select * from claim_jobs(1000, 10, $1)"
    claimed = [row for row in await stranger.fetch(query, timedelta(days=1)) if row["name"] == name]
    told = {"tenant_id", "id", "name", "arguments", "attempts", "lane"}
    assert set(claimed[0].keys()) == told
    assert {row["id"] for row in claimed} == wanted
    assert {row["tenant_id"] for row in claimed} == {brand.tenant_id, other_brand.tenant_id}
    again = await stranger.fetch(query, timedelta(days=1))
    assert [row["id"] for row in again if row["name"] == name] == []
    await brand.execute("delete from jobs where name = $1", name)


async def test_queue_depth_tells_how_much_waits_and_nothing_of_what(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    name = f"test.depth_{brand.slug}"
    await job(brand, name)
    rows = {row["name"]: row for row in await stranger.fetch("select * from queue_depth()")}
    assert set(rows[name].keys()) == {"name", "waiting", "dead", "oldest_seconds"}
    assert (rows[name]["waiting"], rows[name]["dead"]) == (1, 0)
    assert rows[name]["oldest_seconds"] >= 90
    await brand.execute("delete from jobs where name = $1", name)


async def test_make_click_partitions_tells_how_many_it_made(
    stranger: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    count = "select count(*) from pg_inherits where inhparent = 'clicks'::regclass"
    before = await superuser.fetchval(count)
    made = await stranger.fetchval("select make_click_partitions(6)")
    assert await superuser.fetchval(count) == before + made
    assert await stranger.fetchval("select make_click_partitions(6)") == 0
    unforced = await superuser.fetch(
        "select relname from pg_class where relispartition and relkind = 'r'"
        " and not (relrowsecurity and relforcerowsecurity)"
    )
    assert unforced == []


PENDING = "update tenants set pending_deletion_at = now() - make_interval(days => $2) where id = $1"


async def test_expired_tenants_tells_the_ids_of_those_whose_grace_is_over(
    stranger: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    await brand.execute(PENDING, brand.tenant_id, 30)
    await other_brand.execute(PENDING, other_brand.tenant_id, 29)
    rows = await stranger.fetch("select * from expired_tenants()")
    assert {len(row) for row in rows} == {1}
    tenants = {row[0] for row in rows}
    assert brand.tenant_id in tenants
    assert other_brand.tenant_id not in tenants


async def test_delete_expired_tenant_tells_how_many_rows_went(
    stranger: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    query = "select delete_expired_tenant($1)"
    await brand.campaign()
    await brand.execute(PENDING, brand.tenant_id, 29)
    for unexpired in (brand, other_brand):
        with pytest.raises(asyncpg.RaiseError, match="not over"):
            await stranger.fetchval(query, unexpired.tenant_id)
    await brand.execute(PENDING, brand.tenant_id, 30)
    assert await stranger.fetchval(query, brand.tenant_id) >= 3
    left = "select id from tenants where id = any($1)"
    found = await brand.fetch(left, [brand.tenant_id, other_brand.tenant_id])
    assert [row["id"] for row in found] == [other_brand.tenant_id]


async def test_tenant_of_billing_customer_tells_whose_subscription_it_is(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    query = "select tenant_of_billing_customer($1)"
    customer = f"cus_{brand.tenant_id.hex}"
    assert await stranger.fetchval(query, customer) is None
    await brand.execute(
        "insert into billing_accounts (tenant_id, stripe_customer_id) values ($1, $2)",
        brand.tenant_id, customer,
    )  # fmt: skip
    assert await stranger.fetchval(query, customer) == brand.tenant_id


async def test_seal_entry_is_a_trigger_that_nobody_can_call(stranger: asyncpg.Connection) -> None:
    """It writes seals, which the app itself may not."""
    with pytest.raises(asyncpg.PostgresError, match="can only be called as trigger"):
        await stranger.execute("select seal_entry()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stranger.execute("insert into ledger_seals (seq) values (1)")
