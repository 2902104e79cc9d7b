"""`python -m bench.router.latency`: a lone click beside its bare commit, and a change until it is seen."""

import asyncio
import time
from statistics import median, quantiles
from uuid import UUID

import asyncpg

from bench.router.place import Place, place
from bench.router.systems import PORT, running
from router.insert import INSERT
from shared.visitor import new_click_id

VISITS = 1000
CHANGES = 200
REQUEST = b"GET /r/bench/key1 HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n\r\n"


async def main() -> None:
    async with place() as where:
        with running("ours", where):
            commits, visits = await lone_clicks(where)
            changes = await changed_links(where)
    show("one row, committed", commits)
    show("one visit, answered", visits)
    show("a changed campaign, seen", changes)
    print(f"added to the commit: {(median(visits) - median(commits)) * 1000:.2f} ms (medians)")


async def lone_clicks(where: Place) -> tuple[list[float], list[float]]:
    """In turn, so that whatever else the machine does falls on both alike."""
    url = where.urls.router.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow("select * from link_directory limit 1")
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    commits, visits = [], []
    for _ in range(VISITS):
        now = int(time.time() * 1000)
        click = (
            row["tenant_id"], UUID(bytes=new_click_id(now)), now, row["link_id"], row["partner_id"],
            row["campaign_id"], "https://shop.example/", None, "Mozilla/5.0", None, None, None, None,
            None,
        )  # fmt: skip
        started = time.perf_counter()
        await connection.fetch(INSERT, *([value] for value in click))
        commits.append(time.perf_counter() - started)
        started = time.perf_counter()
        await visit(reader, writer)
        visits.append(time.perf_counter() - started)
    writer.close()
    await connection.close()
    return commits, visits


async def changed_links(where: Place) -> list[float]:
    """From the moment the change is committed until a visitor is sent to the new place."""
    connection = await asyncpg.connect(where.superuser)
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    taken = []
    for number in range(CHANGES):
        await connection.execute(
            "update campaigns set destination_url = $1", f"https://shop.example/v{number}"
        )
        started = time.perf_counter()
        while b"/v%d?" % number not in await visit(reader, writer):
            pass
        taken.append(time.perf_counter() - started)
    writer.close()
    await connection.close()
    return taken


async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(REQUEST)
    return await reader.readuntil(b"\r\n\r\n")


def show(what: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100)
    print(f"{what:26} p50 {cuts[49] * 1000:.2f} ms, p99 {cuts[98] * 1000:.2f} ms")


if __name__ == "__main__":
    asyncio.run(main())
