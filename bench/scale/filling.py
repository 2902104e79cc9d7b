"""The same workspace in two databases; one of them gets a month of clicks, the other none."""

import hashlib
import time
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from api.features.clicks.rollup import rolling_up, turn
from bench.router.place import LINKS, Place
from shared.database import open_database
from shared.visitor import new_click_id

CHUNK = 500_000
DAYS = 30
PARTNERS = 50
TENANT = "md5('t')::uuid"
TENANT_ID = UUID(hashlib.md5(b"t", usedforsecurity=False).hexdigest())
# Spread over a month, all links and all partners; every fourth is held back.
FILL = f"""
    insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url, ip_hash,
        user_agent, flag, stored_at)
    select {TENANT}, (substr(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0'), 1, 8)
            || '-' || substr(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0'), 9, 4)
            || '-7' || substr(md5(random()::text), 1, 3) || '-8' || substr(md5(random()::text), 1, 3)
            || '-' || substr(md5(random()::text || i), 1, 12))::uuid,
        at, md5('l' || i % {LINKS} + 1)::uuid,
        md5('p' || 1 + (i % {LINKS} + 1) % {PARTNERS})::uuid,
        md5('c')::uuid, 'https://shop.example/welcome?a=1&cref=' || i, md5((i % 100000)::text),
        'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
        case when i % 4 = 0 then 'bot' end, at
    from (select i, date_trunc('milliseconds', now()
        - {DAYS} * interval '1 day' * (1 - i::float8 / $2)) as at
        from generate_series($1::bigint, $1 + $3 - 1) as i) as spread
"""  # noqa: S608  # put together from constants
SIZE = """
    select sum(pg_total_relation_size(inhrelid)) from pg_inherits
    where inhparent = 'clicks'::regclass
"""


async def furnish(where: Place) -> None:
    """One click of a customer whom the merchant knows."""
    connection = await asyncpg.connect(where.superuser)
    click = UUID(bytes=new_click_id(int(time.time() * 1000) - 60_000))
    moment = datetime.fromtimestamp((click.int >> 80) / 1000, UTC)
    await connection.execute(
        "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url)"
        " values ($1, $2, $3, md5('l1')::uuid, md5('p2')::uuid, md5('c')::uuid, '')",
        TENANT_ID, click, moment,
    )  # fmt: skip
    await connection.execute(
        "insert into identities (tenant_id, id, click_id, click_ts, user_id)"
        " values ($1, uuid_v7(), $2, $3, 'customer')", TENANT_ID, click, moment,
    )  # fmt: skip
    await connection.close()


async def fill(where: Place, clicks: int) -> None:
    """Then vacuumed, as autovacuum does in time."""
    connection = await asyncpg.connect(where.superuser)
    started = time.perf_counter()
    for first in range(0, clicks, CHUNK):
        rows = min(CHUNK, clicks - first)
        await connection.execute(FILL, first, float(clicks), rows, timeout=900)
    size = await connection.fetchval(SIZE)
    took = time.perf_counter() - started
    print(f"{clicks:,} clicks in {took:.0f} s, {size / clicks:.0f} bytes each with all indexes;")
    await connection.close()


async def settle(where: Place) -> None:
    """Everything is rolled up at once, as on the first day of a workspace that has clicks already."""
    started = time.perf_counter()
    database = open_database(where.urls.app, pool=1, statement_seconds=900)
    async with database.tenant_session(TENANT_ID) as session:
        await session.execute(rolling_up(await session.scalar(turn())))
    await database.close()
    print(f"rolled up at once in {time.perf_counter() - started:.1f} s.")
    connection = await asyncpg.connect(where.superuser)
    await connection.execute("vacuum analyze", timeout=900)
    await connection.execute("checkpoint", timeout=900)
    await connection.close()
