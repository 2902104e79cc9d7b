"""`python -m bench.failures`: CPU time that a delivery costs when it fails, and when it arrives.

Of the worker and of PostgreSQL, so that a busy machine changes little about the figures.
"""

import argparse
import asyncio
import os
from pathlib import Path

from api.features.notices.for_others import PartnerActivated, publish
from bench.outbox import CLEAR, ENDPOINTS, PER_TRANSACTION, Bench, bench
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.support.raw_server import head, raw_server
from tests.support.worker_processes import WorkerProcesses

# The first ones pay for what a new process does once.
WARM = 500
STATUSES = (b"500 Internal Server Error", b"200 OK")
TICKS = os.sysconf("SC_CLK_TCK")


class Receiver:
    """Answers everything with one status, and knows when so many have come."""

    def __init__(self) -> None:
        self.status = STATUSES[0]
        self.came = 0
        self.changed = asyncio.Condition()

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await head(reader)).lower()
        await reader.readexactly(int(request.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        writer.write(b"HTTP/1.1 " + self.status + b"\r\ncontent-length: 0\r\n\r\n")
        async with self.changed:
            self.came += 1
            self.changed.notify_all()

    async def until(self, count: int) -> int:
        async with self.changed:
            await self.changed.wait_for(lambda: self.came >= count)
        return self.came


def spent(process: int) -> float:
    """Seconds of CPU, by the kernel's account."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def servers(all_of_it: Bench) -> float:
    """What PostgreSQL has spent on the app's connections, which live as long as the worker."""
    found = await all_of_it.superuser.fetch(
        "select pid from pg_stat_activity where application_name = 'openpartner-worker'"
    )
    return sum(spent(row["pid"]) for row in found)


async def cost(all_of_it: Bench, receiver: Receiver, count: int) -> tuple[float, float]:
    """Milliseconds of the worker and of PostgreSQL a delivery."""
    await all_of_it.superuser.execute(CLEAR)
    await all_of_it.superuser.execute("update webhook_endpoints set active = true")
    for _ in range((count + 2 * WARM) // ENDPOINTS // PER_TRANSACTION):
        async with all_of_it.database.tenant_session(DEFAULT_TENANT_ID) as session:
            await publish(session, [PartnerActivated.sample() for _ in range(PER_TRANSACTION)])
    processes, receiver.came = WorkerProcesses(all_of_it.settings), 0
    processes.start()
    worker = processes.living[0].pid
    assert worker is not None
    first = await receiver.until(WARM)
    began = spent(worker), await servers(all_of_it)
    came = await receiver.until(WARM + count) - first
    ended = spent(worker), await servers(all_of_it)
    await processes.terminate()
    mine, theirs = (
        (after - before) / came * 1000 for before, after in zip(began, ended, strict=True)
    )
    return mine, theirs


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--deliveries", type=int, default=3000)
    options = parser.parse_args()
    receiver = Receiver()
    print("| answered | worker, CPU ms a delivery | PostgreSQL |\n|---|---|---|")
    async with bench(options.deliveries, 0) as all_of_it, raw_server(receiver.hear) as server:
        await all_of_it.superuser.execute(
            "update webhook_endpoints set url = replace(url, $1, $2)",
            f":{all_of_it.port}/", f":{server.port}/",
        )  # fmt: skip
        allowed = all_of_it.settings.model_copy(
            update={"openpartner_outbound_allowed_ports": (server.port,)}
        )
        all_of_it.settings = allowed
        for _ in range(options.rounds):
            for receiver.status in STATUSES:
                mine, theirs = await cost(all_of_it, receiver, options.deliveries)
                print(f"| {receiver.status.decode()} | {mine:.2f} | {theirs:.2f} |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
