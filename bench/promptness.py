"""`python -m bench.promptness`: how soon news leaves: idle, behind 10,000 others, after a death."""

import argparse
import asyncio
import time
from statistics import median, quantiles

from api.features.notices.for_others import PartnerActivated, PartnerCreated, publish
from bench.outbox import CLEAR, PER_TRANSACTION, Bench, bench
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.support.brand import Json
from tests.support.raw_server import head, raw_server
from tests.support.worker_processes import WorkerProcesses

QUEUED = 10_000
LEASE = 45


class Mailbox:
    """An endpoint of its own: when each request came. The first may be left without an answer."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.came = asyncio.Event()
        self.silent = False

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        self.at.append(time.monotonic())
        self.came.set()
        if self.silent:
            await asyncio.sleep(3600)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")


async def one(all_of_it: Bench, mailbox: Mailbox) -> float:
    """Seconds from the commit of one piece of news to its arrival."""
    mailbox.came.clear()
    async with all_of_it.database.tenant_session(DEFAULT_TENANT_ID) as session:
        await publish(session, [PartnerCreated.sample()])
    committed = time.monotonic()
    await mailbox.came.wait()
    return mailbox.at[-1] - committed


async def queue(all_of_it: Bench) -> None:
    """10,000 deliveries to fifty other endpoints."""
    for _ in range(QUEUED // 50 // PER_TRANSACTION):
        async with all_of_it.database.tenant_session(DEFAULT_TENANT_ID) as session:
            await publish(session, [PartnerActivated.sample() for _ in range(PER_TRANSACTION)])


async def measure(all_of_it: Bench, mailbox: Mailbox, times: int) -> None:
    processes = WorkerProcesses(all_of_it.settings)
    try:
        processes.start()
        await one(all_of_it, mailbox)
        idle = []
        for _ in range(times):
            await asyncio.sleep(0.2)
            idle.append(await one(all_of_it, mailbox))
        show("idle", idle)
        await queue(all_of_it)
        busy = []
        while await waiting(all_of_it):
            busy.append(await one(all_of_it, mailbox))
        show(f"behind {QUEUED:,} others", busy)
        mailbox.silent = True
        await one(all_of_it, mailbox)
        processes.kill()
        died, mailbox.silent = time.monotonic(), False
        mailbox.came.clear()
        processes.start()
        await mailbox.came.wait()
        print(
            f"sent again {mailbox.at[-1] - died:.1f} s after the death, the lease being {LEASE} s"
        )
    finally:
        processes.end()


async def waiting(all_of_it: Bench) -> int:
    found: int = await all_of_it.superuser.fetchval(
        "select count(*) from jobs where done_at is null"
    )
    return found


def show(name: str, seconds: list[float]) -> None:
    slowest = quantiles(seconds, n=20)[-1]
    print(f"{name}: median {median(seconds):.3f} s, p95 {slowest:.3f} s of {len(seconds)}")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    mailbox = Mailbox()
    async with bench(1, 1) as all_of_it, raw_server(mailbox.hear) as server:
        await all_of_it.superuser.execute(CLEAR)
        all_of_it.settings = all_of_it.settings.model_copy(
            update={
                "worker_lease_seconds": LEASE,
                "openpartner_outbound_allowed_ports": (all_of_it.port, server.port),
            }
        )
        await all_of_it.superuser.execute(
            "update webhook_endpoints set events = array['partner.activated']"
        )
        wanted: Json = {
            "url": f"http://127.0.0.1:{all_of_it.port}/box",
            "events": ["partner.created"],
        }
        made = await all_of_it.brand.made("/webhooks", wanted)
        # The API of the bench knows one port; the worker is told of both.
        await all_of_it.superuser.execute(
            "update webhook_endpoints set url = $1 where id::text = $2",
            f"http://127.0.0.1:{server.port}/box",
            made["endpoint"]["id"],
        )
        await measure(all_of_it, mailbox, options.times)


if __name__ == "__main__":
    asyncio.run(main())
