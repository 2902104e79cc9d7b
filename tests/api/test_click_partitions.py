"""Clicks of every coming month find their partition."""

from datetime import UTC, datetime, timedelta

from tests.conftest import settings_for
from tests.support.databases import Databases
from tests.support.working import Worker


async def test_the_worker_makes_missing_months_and_walls_them(
    databases: Databases,
) -> None:
    scratch = await databases.fresh()
    following = (datetime.now(UTC).replace(day=1) + timedelta(days=32)).strftime("clicks_%Y_%m")
    connection = await scratch.connect()
    try:
        await connection.execute(f"drop table {following}")
        async with Worker.at(settings_for(scratch, databases.server.folder)) as worker:
            assert await worker.act("click-partitions") == 0
            assert await worker.act("click-partitions") == 0
        walled = await connection.fetchval(
            "select relrowsecurity and relforcerowsecurity from pg_class where relname = $1",
            following,
        )
        assert walled is True
    finally:
        await connection.close()


async def test_a_click_from_the_future_holds_only_its_own_month(databases: Databases) -> None:
    scratch = await databases.fresh()
    first = datetime.now(UTC).replace(day=1)
    months = [(first + timedelta(days=31 * ahead)).strftime("clicks_%Y_%m") for ahead in (2, 3)]
    connection = await scratch.connect()
    try:
        for month in months:
            await connection.execute(f"drop table {month}")
        await connection.execute(
            "insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url)"
            " values (uuid_v7(), uuid_v7(), $1, uuid_v7(), uuid_v7(), '')",
            datetime.strptime(months[0], "clicks_%Y_%m").replace(day=15, tzinfo=UTC),
        )
        async with Worker.at(settings_for(scratch, databases.server.folder)) as worker:
            assert await worker.act("click-partitions") == 0
        there = [
            await connection.fetchval("select to_regclass($1) is not null", month)
            for month in months
        ]
        assert there == [False, True]
    finally:
        await connection.close()


async def test_months_begin_at_midnight_utc_wherever_the_server_stands(
    databases: Databases,
) -> None:
    scratch = await databases.fresh()
    following = (datetime.now(UTC).replace(day=1) + timedelta(days=32)).strftime("clicks_%Y_%m")
    connection = await scratch.connect()
    try:
        await connection.execute(f"drop table {following}")
        await connection.execute("set timezone = 'America/New_York'")
        assert await connection.fetchval("select make_click_partitions(3)") == 1
        await connection.execute("set timezone = 'UTC'")
        bounds = await connection.fetchval(
            "select pg_get_expr(relpartbound, oid) from pg_class where relname = $1", following
        )
        assert bounds.count("-01 00:00:00+00") == 2
    finally:
        await connection.close()
