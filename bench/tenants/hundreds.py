"""What 499 neighbors cost one brand: request times, a tick of the schedule, and a noisy neighbor.

.venv/bin/python bench/tenants/hundreds.py
"""

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asyncpg
import httpx2

from api.job_list import JOBS_OF_FEATURES
from api.jobs.job import CHORES
from api.main import create_app
from api.settings import Settings
from tests.conftest import settings_for
from tests.support.brand import Brand, found_brand
from tests.support.databases import Databases
from tests.support.serving import served
from tests.support.working import Worker

TENANTS, PARTNERS, REQUESTS = 500, 100, 400
SEED_TENANTS = """
insert into tenants (id, slug, display_name)
select uuid_v7(), 'bench-' || n, 'Bench ' || n from generate_series(1, $1) n
"""
SEED_PARTNERS = """
insert into partners (tenant_id, id, email, name, activated_at)
select t.id, uuid_v7(), 'p' || n || '@example.com', 'Pat ' || n, now()
from tenants t cross join generate_series(1, $1) n where t.slug like $2
"""
NOISE = """
insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url, user_agent)
select $1, uuid_v7(), now(), gen_random_uuid(), gen_random_uuid(), repeat('https://shop.example/', 20),
    repeat('Mozilla ', 20)
from generate_series(1, $2)
"""
PATHS = ("/partners?limit=20", "/auth/whoami", "/admin/overview")


@asynccontextmanager
async def installation(
    databases: Databases, folder: Path, tenants: int
) -> AsyncIterator[tuple[Brand, Settings, asyncpg.Connection]]:
    """An API of its own on a database with this many brands; the last one is measured."""
    scratch = await databases.fresh()
    settings = settings_for(scratch, folder, log_level="ERROR")
    connection = await scratch.connect()
    await connection.execute(SEED_TENANTS, tenants - 1)
    async with (
        served(create_app(settings)) as address,
        httpx2.AsyncClient(base_url=address, timeout=120) as http,
    ):
        brand = await found_brand(http, scratch)
        await connection.execute(SEED_PARTNERS, PARTNERS, "b%-%")
        await connection.execute("analyze")
        yield brand, settings, connection
    await connection.close()


async def times(brand: Brand, path: str, count: int = REQUESTS) -> list[float]:
    """Milliseconds of each request, one after the other."""
    found = []
    for _ in range(count):
        began = perf_counter()
        answer = await brand.get(path)
        found.append((perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    return found


def said(values: list[float]) -> str:
    ordered = sorted(values)
    return (
        f"p50 {statistics.median(ordered):.2f} ms, p95 {ordered[int(len(ordered) * 0.95)]:.2f} ms"
    )


async def compare(databases: Databases, folder: Path) -> None:
    """Turn by turn, so that whatever else the machine does hits both alike."""
    async with (
        installation(databases, folder, 1) as (lone, _, _),
        installation(databases, folder, TENANTS) as (one, settings, connection),
    ):
        for path in PATHS:
            alone, among = [], []
            for _ in range(10):
                alone += await times(lone, path, REQUESTS // 10)
                among += await times(one, path, REQUESTS // 10)
            ratio = statistics.median(among) / statistics.median(alone)
            print(f"{path}: alone {said(alone)}; among {TENANTS}: {said(among)}; x{ratio:.2f}")
        await ticks(settings)
        await noise(one, connection)


async def ticks(settings: Settings) -> None:
    """Every chore once for every brand."""
    assert JOBS_OF_FEATURES is not None
    async with Worker.at(settings) as worker:
        total = 0.0
        for name, chore in sorted(CHORES.items()):
            if chore.per_tenant:
                began = perf_counter()
                failed = await worker.act(name)
                took = perf_counter() - began
                total += took
                print(f"tick {name}: {took:.2f} s for {TENANTS} brands, failed for {failed}")
        print(f"all per-brand ticks together: {total:.1f} s")


async def noise(brand: Brand, connection: asyncpg.Connection) -> None:
    """A neighbor exports 300 MB in a loop while the brand works on."""
    neighbor = await found_brand(brand.http, brand.scratch)
    await connection.execute(NOISE, neighbor.tenant_id, 500_000)
    quiet = await times(brand, PATHS[0], 200)
    stop = asyncio.Event()

    async def export() -> int:
        sent = 0
        while not stop.is_set():
            async with neighbor.http.stream(
                "GET", "/api/export.json", headers=neighbor.headers
            ) as answer:
                async for piece in answer.aiter_raw():
                    sent += len(piece)
                    if stop.is_set():
                        break
        return sent

    exporting = asyncio.create_task(export())
    await asyncio.sleep(1)
    loud = await times(brand, PATHS[0], 200)
    stop.set()
    sent = await exporting
    ratio = statistics.median(loud) / statistics.median(quiet)
    print(f"beside an export ({sent / 1e6:.0f} MB sent meanwhile): x{ratio:.2f}")
    print(f"  quiet {said(quiet)}; loud {said(loud)}")


async def main() -> None:
    with TemporaryDirectory(prefix="op-") as folder:
        databases = Databases(Path(folder))
        databases.server.start()
        try:
            await compare(databases, Path(folder))
        finally:
            databases.server.destroy()


if __name__ == "__main__":
    asyncio.run(main())
