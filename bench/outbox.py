"""`python -m bench.outbox`: deliveries a second through the outbox against plain POSTs, and what news costs.

In every round all variants run in turn, so that a busy machine is as unkind to each; figures are medians.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

import asyncpg
import httpx2

from api.features.notices.for_others import PartnerActivated, publish
from api.outside.world import World
from api.settings import Settings
from bench.data_in_out import KEY, api, environment
from bench.router.place import Place, place
from shared.database import Database, open_database
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.support.brand import Brand
from tests.support.conversions import promotion, report, visit
from tests.support.databases import Scratch
from tests.support.raw_server import head, raw_server
from tests.support.worker_processes import FORKS, WorkerProcesses

ENDPOINTS = 50
# What a worker may have under way for so many endpoints: four for each.
AT_ONCE = 4 * ENDPOINTS
PER_TRANSACTION = 10
WRITERS = 4
DATA = PartnerActivated.sample().model_dump(mode="json")
BODY = json.dumps({"id": "evt_1", "event": PartnerActivated.type, "data": DATA})
LOAD_BEFORE = os.getloadavg()
CLEAR = "truncate notices, webhook_deliveries, jobs cascade"


@dataclass(slots=True)
class Arrivals:
    """When each request arrived; a rate is from the first to the last, so no start-up is in it."""

    at: list[float] = field(default_factory=list)

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await head(reader)).lower()
        await reader.readexactly(int(request.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        self.at.append(time.monotonic())
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def rate_of(self, count: int) -> float:
        while len(self.at) < count:  # noqa: ASYNC110  # other processes set no event of ours
            await asyncio.sleep(0.02)
        return (count - 1) / (self.at[count - 1] - self.at[0])


@dataclass(slots=True)
class Bench:
    """What the variants share."""

    where: Place
    brand: Brand
    superuser: asyncpg.Connection
    database: Database
    settings: Settings
    arrivals: Arrivals
    port: int
    count: int
    writes: int

    async def listen(self, *, to_news: bool) -> None:
        await self.superuser.execute("update webhook_endpoints set active = $1", to_news)

    async def outbox(self, workers: int) -> float:
        """Deliveries a second; the news waits, as after an outage, when the workers start."""
        await self.superuser.execute(CLEAR)
        await self.listen(to_news=True)
        for _ in range(self.count // ENDPOINTS // PER_TRANSACTION):
            async with self.database.tenant_session(DEFAULT_TENANT_ID) as session:
                await publish(session, [PartnerActivated.sample() for _ in range(PER_TRANSACTION)])
        processes = WorkerProcesses(self.settings)
        self.arrivals.at.clear()
        try:
            processes.start(workers)
            return await self.arrivals.rate_of(self.count)
        finally:
            while processes.living:
                await processes.terminate()

    async def plain(self) -> float:
        """The worker's own client and nothing else, in a process of its own."""
        self.arrivals.at.clear()
        process = FORKS.Process(target=post_plainly, args=(self.port, self.count), daemon=True)
        process.start()
        try:
            return await self.arrivals.rate_of(self.count)
        finally:
            await asyncio.to_thread(process.join, 30)

    async def write(self, *, subscribed: bool) -> float:
        """Paid invoices a second over HTTP, each credited; nobody delivers meanwhile."""
        await self.superuser.execute(CLEAR)
        await self.listen(to_news=False)
        if subscribed:
            await self.superuser.execute(
                "update webhook_endpoints set active = true"
                " where id = (select min(id::text)::uuid from webhook_endpoints)"
            )
        left = iter(range(self.writes))

        async def writer() -> None:
            for _ in left:
                await report(self.brand)

        began = time.monotonic()
        await asyncio.gather(*(writer() for _ in range(WRITERS)))
        told = await self.superuser.fetchval("select count(*) from notices")
        assert told == (2 * self.writes if subscribed else 0)
        return self.writes / (time.monotonic() - began)


def post_plainly(port: int, count: int) -> None:
    """As many at once as a worker would have under way, with the worker's settings."""
    asyncio.run(_post_plainly(port, count))


async def _post_plainly(port: int, count: int) -> None:
    client = World.of(Settings()).outbound
    left = iter(range(count))

    async def poster(number: int) -> None:
        url = f"http://127.0.0.1:{port}/{number % ENDPOINTS}"
        for _ in left:
            await client.send("POST", url, {"content-type": "application/json"}, BODY.encode())

    await asyncio.gather(*(poster(number) for number in range(AT_ONCE)))


@asynccontextmanager
async def bench(count: int, writes: int) -> AsyncIterator[Bench]:
    """A database, an API process, a receiver in this process, and fifty endpoints."""
    arrivals = Arrivals()
    async with place(links=1, core=None) as where, raw_server(arrivals.hear) as server:
        os.environ |= {
            "OPENPARTNER_OUTBOUND_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8",
            "OPENPARTNER_OUTBOUND_ALLOWED_PORTS": str(server.port),
            "OPENPARTNER_RATE_LIMITS": "false",
            "OPENPARTNER_ENABLE_SCHEDULER": "false",
        }
        os.environ |= environment(where)
        database = open_database(where.urls.app)
        superuser = await asyncpg.connect(where.superuser)
        try:
            async with api(where) as (client, _):
                brand = await ready(where, client, server.port)
                yield Bench(
                    where, brand, superuser, database, Settings(), arrivals, server.port, count,
                    writes,
                )  # fmt: skip
        finally:
            await superuser.close()
            await database.close()


async def ready(where: Place, client: httpx2.AsyncClient, port: int) -> Brand:
    """Endpoints, and a customer who came through a partner's link."""
    brand = Brand(client, Scratch(where.urls, where.superuser), DEFAULT_TENANT_ID, "default", KEY)
    for number in range(ENDPOINTS):
        url = f"http://127.0.0.1:{port}/{number}"
        await brand.made("/webhooks", {"url": url, "events": ["*"]})
    await visit(brand, await promotion(brand))
    return brand


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--deliveries", type=int, default=1500)
    parser.add_argument("--writes", type=int, default=200)
    options = parser.parse_args()
    async with bench(options.deliveries, options.writes) as all_of_it:
        variants: dict[str, Callable[[], Awaitable[float]]] = {
            "plain POSTs, one process": all_of_it.plain,
            "outbox, one worker": lambda: all_of_it.outbox(1),
            "outbox, two workers": lambda: all_of_it.outbox(2),
            "event writes, nobody subscribed": lambda: all_of_it.write(subscribed=False),
            "event writes, one endpoint subscribed": lambda: all_of_it.write(subscribed=True),
        }
        # Once for nothing, so that the first round is like the others.
        await all_of_it.write(subscribed=False)
        rates: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(options.rounds):
            for name, run in variants.items():
                rates[name].append(await run())
    show(rates)


def show(rates: dict[str, list[float]]) -> None:
    """Ratios are of the same round, to what they are compared with."""
    print(f"load before and after: {LOAD_BEFORE} and {os.getloadavg()}\n")
    print("| | a second, median | each round | of its comparison, median |\n|---|---|---|---|")
    for name, found in rates.items():
        base = next(
            other for other in rates if name.startswith("event") == other.startswith("event")
        )
        ratio = median(mine / theirs for mine, theirs in zip(found, rates[base], strict=True))
        each = ", ".join(f"{rate:,.0f}" for rate in found)
        print(f"| {name} | {median(found):,.0f} | {each} | {ratio:.0%} |")


if __name__ == "__main__":
    asyncio.run(main())
