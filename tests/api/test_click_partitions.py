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
