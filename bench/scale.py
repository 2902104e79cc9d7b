"""`python -m bench.scale`: redirect's insert, dashboard, and attribution look-up, empty and with many clicks.

Both are measured by the very statements of router and API; figures are medians, in milliseconds.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto

from api.features.analytics.service import dashboard
from api.features.attribution.queries import touches_of
from api.features.clicks.rollup import rolling_up
from bench.router.place import LINKS, Place, place
from router.insert import insert
from shared.database import Database, open_database
from shared.visitor import new_click_id

BATCH = 64
ROUNDS = 200
CHUNK = 500_000
DAYS = 30
TENANT = "md5('t')::uuid"
# Spread over a month and all links; every fourth is held back.
FILL = f"""
    insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url, ip_hash,
        user_agent, flag, stored_at)
    select {TENANT}, (substr(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0'), 1, 8)
            || '-' || substr(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0'), 9, 4)
            || '-7' || substr(md5(random()::text), 1, 3) || '-8' || substr(md5(random()::text), 1, 3)
            || '-' || substr(md5(random()::text || i), 1, 12))::uuid,
        at, md5('l' || i % {LINKS} + 1)::uuid, md5('p' || 1 + (i % {LINKS} + 1) % 50)::uuid,
        md5('c')::uuid, 'https://shop.example/welcome?a=1&cref=' || i, md5((i % 100000)::text),
        'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
        case when i % 4 = 0 then 'bot' end, at
    from (select i, date_trunc('milliseconds', now() - interval '5 minutes'
        - {DAYS} * interval '1 day' * (1 - i::float8 / $2)) as at
        from generate_series($1::bigint, $1 + $3 - 1) as i) as spread
"""  # noqa: S608  # put together from constants


async def timed(work: Callable[[], Awaitable[object]], rounds: int) -> float:
    """The median of so many calls, after a few that warm up."""
    for _ in range(5):
        await work()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        await work()
        took.append((time.perf_counter() - started) * 1000)
    return median(took)


class Measured:
    """One state of the table; each measurement through the code that does it in earnest."""

    def __init__(self, router: asyncpg.Connection, database: Database, ids: asyncpg.Record) -> None:
        self._router = router
        self._database = database
        self._ids = ids

    async def everything(self) -> dict[str, float]:
        return {
            "insert of 64 clicks": await timed(self._flush, ROUNDS),
            "dashboard, 30 days": await timed(self._dashboard, ROUNDS // 10),
            "attribution look-up": await timed(self._look_up, ROUNDS),
        }

    async def _flush(self) -> None:
        now, ids = int(time.time() * 1000), self._ids
        clicks = [
            (
                ids["tenant"], pgproto.UUID(new_click_id(now)), now, ids["link"], ids["partner"],
                ids["campaign"], "https://shop.example/welcome?cref=x", "0" * 32, "Mozilla/5.0",
                None, None, None, None, None,
            )
            for _ in range(BATCH)
        ]  # fmt: skip
        assert await insert(self._router, clicks, 30) == 0

    async def _dashboard(self) -> None:
        since = datetime.now(UTC) - timedelta(days=DAYS)
        async with self._database.tenant_session(UUID(str(self._ids["tenant"]))) as session:
            await dashboard(session, UUID(str(self._ids["partner"])), since, with_links=True)

    async def _look_up(self) -> None:
        async with self._database.tenant_session(UUID(str(self._ids["tenant"]))) as session:
            assert (await session.execute(touches_of("customer"))).all()


async def furnish(superuser: asyncpg.Connection, ids: asyncpg.Record) -> None:
    """One click of a customer whom the merchant knows."""
    click = UUID(bytes=new_click_id(int(time.time() * 1000) - 60_000))
    moment = datetime.fromtimestamp((click.int >> 80) / 1000, UTC)
    keys = (ids["tenant"], click, moment, ids["link"], ids["partner"], ids["campaign"])
    await superuser.execute(
        "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url)"
        " values ($1, $2, $3, $4, $5, $6, '')", *keys,
    )  # fmt: skip
    await superuser.execute(
        "insert into identities (tenant_id, id, click_id, click_ts, user_id)"
        " values ($1, uuid_v7(), $2, $3, 'customer')", ids["tenant"], click, moment,
    )  # fmt: skip


async def fill(superuser: asyncpg.Connection, clicks: int) -> None:
    """Then vacuumed, as autovacuum does in time."""
    started = time.perf_counter()
    for first in range(0, clicks, CHUNK):
        await superuser.execute(FILL, first, float(clicks), min(CHUNK, clicks - first), timeout=900)
    await superuser.execute("vacuum analyze clicks", timeout=900)
    size = await superuser.fetchval(
        "select sum(pg_total_relation_size(inhrelid)) from pg_inherits"
        " where inhparent = 'clicks'::regclass"
    )
    took = time.perf_counter() - started
    print(f"{clicks:,} clicks in {took:.0f} s, {size / clicks:.0f} bytes each with all indexes;")


async def roll_up(database: Database, tenant: UUID) -> None:
    """Everything at once, as on the first day of an installation that has clicks already."""
    started = time.perf_counter()
    async with database.tenant_session(tenant) as session:
        await session.execute(rolling_up())
    took = time.perf_counter() - started
    print(f"all of them rolled up at once in {took:.1f} s. Load: {os.getloadavg()[0]:.1f}\n")


async def measure(where: Place, clicks: int) -> None:
    superuser = await asyncpg.connect(where.superuser)
    router = await asyncpg.connect(where.urls.router.replace("+asyncpg", ""))
    database = open_database(where.urls.app, pool=2)
    ids = await superuser.fetchrow(
        "select md5('t')::uuid as tenant, md5('l1')::uuid as link, md5('p2')::uuid as partner,"
        " md5('c')::uuid as campaign"
    )
    await furnish(superuser, ids)
    measured = Measured(router, database, ids)
    empty = await measured.everything()
    await fill(superuser, clicks)
    await roll_up(database, UUID(str(ids["tenant"])))
    await superuser.execute("vacuum analyze click_days")
    full = await measured.everything()
    print("| median, ms | empty | full | full / empty |\n|---|---|---|---|")
    for name, before in empty.items():
        print(f"| {name} | {before:.2f} | {full[name]:.2f} | {full[name] / before:.2f} |")
    await database.close()
    await router.close()
    await superuser.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=10_000_000)
    wanted = parser.parse_args()
    async with place() as where:
        await measure(where, wanted.clicks)


if __name__ == "__main__":
    asyncio.run(main())
