"""Noisy neighbors: one exports, one is flooded with clicks, one has webhooks that all fail."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from api.features.notices.for_others import PartnerActivated, publish
from bench.tenants.installation import (
    NOISY_RECEIVER,
    ROUTER,
    Installation,
    process,
    until_it_answers,
)
from bench.tenants.times import Comparison, Work, delivery, request, times, visit
from shared.database import Database, open_database
from tests.support.brand import Brand

Noise = Callable[[], AbstractAsyncContextManager[None]]
PATH = "/partners?limit=20"
MOST = 1.2
GIBIBYTE = 1_200_000
FILL = """
insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url, user_agent)
select $1, uuid_v7(), now(), gen_random_uuid(), gen_random_uuid(), repeat('https://shop.example/', 20),
    repeat('Mozilla ', 20)
from generate_series(1, $2::int)
"""
QUEUED, ENDPOINTS, PER_TRANSACTION = 10_000, 50, 10
FORGET = """
with gone as (delete from jobs where tenant_id = $1)
delete from webhook_deliveries where tenant_id = $1
"""


async def compare(
    names: list[str], works: list[Work], noise: Noise, rounds: int, count: int
) -> list[Comparison]:
    """Turn by turn, so that whatever else the machine does hits both alike."""
    found = [Comparison(name, MOST) for name in names]
    for work in works:
        await times(work, count)
    for _ in range(rounds):
        for comparison, work in zip(found, works, strict=True):
            comparison.alone += await times(work, count)
        async with noise():
            for comparison, work in zip(found, works, strict=True):
                comparison.beside += await times(work, count)
    return found


def load(*arguments: object) -> AbstractAsyncContextManager[None]:
    return process(sys.executable, "-m", "bench.tenants.load", *map(str, arguments))


async def beside_an_export(
    here: Installation, rounds: int, count: int, rows: int
) -> list[Comparison]:
    neighbor = await here.new_brand()
    await here.execute(FILL, neighbor.tenant_id, rows)
    await here.execute("vacuum analyze")

    @asynccontextmanager
    async def noise() -> AsyncIterator[None]:
        async with load("export", here.api_port, neighbor.key):
            await asyncio.sleep(2)
            yield

    name = f"`GET {PATH}` beside an export of {rows * 900 / 2**20:,.0f} MiB"
    return await compare([name], [request(here.brand, PATH)], noise, rounds, count)


async def beside_clicks(here: Installation, rounds: int, count: int, rate: int) -> list[Comparison]:
    neighbor = await here.new_brand()
    own, noisy = await link(here.brand), await link(neighbor)

    @asynccontextmanager
    async def noise() -> AsyncIterator[None]:
        async with load("clicks", ROUTER, noisy, rate):
            await asyncio.sleep(1)
            yield

    async with here.ours("router.serve", OPENPARTNER_TENANCY="multi"):
        await until_it_answers(here.http, f"http://127.0.0.1:{ROUTER}/health")
        async with visit(own) as redirect:
            names = [f"{what} beside {rate:,} clicks/s" for what in (f"`GET {PATH}`", "a redirect")]
            works = [request(here.brand, PATH), redirect]
            return await compare(names, works, noise, rounds, count)


async def link(brand: Brand) -> str:
    """The address of a new link, as the router knows it."""
    made = await brand.link(await brand.partner(), await brand.campaign())
    return f"/r/{brand.slug}/{made['linkKey']}"


async def beside_failing_webhooks(here: Installation, rounds: int, count: int) -> list[Comparison]:
    neighbor, database = await here.new_brand(), open_database(here.where.urls.app)
    for number in range(ENDPOINTS):
        url = f"http://127.0.0.1:{NOISY_RECEIVER}/{number}"
        await neighbor.made("/webhooks", {"url": url, "events": ["*"]})

    @asynccontextmanager
    async def noise() -> AsyncIterator[None]:
        await queue(database, neighbor)
        await asyncio.sleep(2)
        yield
        await here.execute(FORGET, neighbor.tenant_id)

    async with (
        here.ours("api.worker"),
        load("fail", NOISY_RECEIVER),
        delivery(database, here.brand) as delivered,
    ):
        names = [
            f"{what} beside {QUEUED:,} failing deliveries"
            for what in (f"`GET {PATH}`", "a delivery")
        ]
        works = [request(here.brand, PATH), delivered]
        found = await compare(names, works, noise, rounds, count)
    await database.close()
    return found


async def queue(database: Database, brand: Brand) -> None:
    for _ in range(QUEUED // ENDPOINTS // PER_TRANSACTION):
        async with database.tenant_session(brand.tenant_id) as session:
            await publish(session, [PartnerActivated.sample() for _ in range(PER_TRANSACTION)])
