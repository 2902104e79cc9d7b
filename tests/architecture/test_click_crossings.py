"""The functions that may change or forget clicks, and how far they reach."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from shared.clock import now
from tests.architecture.test_role_rights import plain
from tests.support.brand import Brand
from tests.support.conversions import click, days_ago, promotion, visit
from tests.support.databases import Databases, Scratch

OLD = 800
LATEST = timedelta(days=300)


@pytest.fixture
async def running(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(plain(scratch.urls.app))
    yield connection
    await connection.close()


async def pinned(
    running: asyncpg.Connection, brand: Brand, query: str, *arguments: object
) -> object:
    async with running.transaction():
        await running.execute(f"set local app.tenant_id = '{brand.tenant_id}'")
        return await running.fetchval(query, *arguments)


async def test_erase_person_reaches_the_pinned_tenants_customer_alone(
    running: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    for one in (brand, other_brand):
        link = await promotion(one)
        await visit(one, link, "ada")
        await visit(one, link, "bob")
    with pytest.raises(asyncpg.PostgresError):
        await running.execute("select erase_person('{ada}', 'nobody')")
    await pinned(running, brand, "select (erase_person('{ada}', 'nobody')).identities")
    assert {row["user_id"] for row in await brand.rows("identities")} == {"nobody", "bob"}
    assert {row["user_id"] for row in await other_brand.rows("identities")} == {"ada", "bob"}


async def test_erase_person_may_rename_in_every_table_that_names_customers(
    superuser: asyncpg.Connection,
) -> None:
    """A new table with a user_id needs a grant beside those of the migration."""
    lacking = await superuser.fetch(
        "select c.relname from pg_class c"
        " join pg_attribute u on u.attrelid = c.oid and u.attname = 'user_id'"
        " join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
        " and not c.relispartition"
        " and not has_column_privilege('openpartner_crosser', c.oid, u.attnum, 'update')"
    )
    assert [row["relname"] for row in lacking] == []


async def test_expire_clicks_takes_old_ones_of_the_pinned_tenant(
    running: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    kept = []
    for one in (brand, other_brand):
        link = await promotion(one)
        await click(one, link, at=days_ago(OLD))
        kept.append(await click(one, link))
    query = "select expire_clicks($1, 100)"
    assert await pinned(running, brand, query, now() - timedelta(days=500)) == 1
    assert [str(row["id"]) for row in await brand.rows("clicks")] == kept[:1]
    assert len(await other_brand.rows("clicks")) == 2
    # What may yet be credited is never forgotten.
    with pytest.raises(asyncpg.RaiseError):
        await pinned(running, brand, query, now() - LATEST)


async def test_drop_click_partitions_takes_whole_months_that_are_old(databases: Databases) -> None:
    scratch = await databases.fresh()
    superuser = await scratch.connect()
    app = await asyncpg.connect(plain(scratch.urls.app))
    try:
        await superuser.execute(
            "create table clicks_2020_01 partition of clicks"
            " for values from ('2020-01-01') to ('2020-02-01')"
        )
        await superuser.execute("alter table clicks_2020_01 owner to openpartner_owner")
        assert await app.fetchval("select drop_click_partitions('2020-01-31')") == 0
        assert await app.fetchval("select drop_click_partitions('2020-02-01')") == 1
        assert await superuser.fetchval("select to_regclass('clicks_2020_01')") is None
        assert await superuser.fetchval("select to_regclass('clicks_default')") is not None
        with pytest.raises(asyncpg.RaiseError):
            await app.fetchval("select drop_click_partitions(now()::date)")
    finally:
        await app.close()
        await superuser.close()
