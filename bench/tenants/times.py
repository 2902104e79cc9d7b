"""Times of the measured brand's own work, in milliseconds, with and without something beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from api.features.notices.for_others import PartnerCreated, publish
from bench.tenants.installation import RECEIVER, ROUTER
from shared.database import Database
from tests.support.brand import Brand

Work = Callable[[], Awaitable[None]]
TURN_SECONDS = 10.0


@dataclass(slots=True)
class Comparison:
    """Of one kind of work."""

    name: str
    most: float
    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return median(self.beside) / median(self.alone)

    def row(self) -> str:
        return (
            f"| {self.name} | {said(self.alone)} | {said(self.beside)} | {self.ratio:.2f}"
            f" | {self.most} | {'yes' if self.ratio <= self.most else 'NO'} |"
        )


def said(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{median(ordered):.2f} / {ordered[int(len(ordered) * 0.95)]:.2f}"


async def times(work: Work, count: int) -> list[float]:
    """One after the other, and not for ever: what is slowed too much is known by then."""
    found, until = list[float](), perf_counter() + TURN_SECONDS
    while len(found) < count and perf_counter() < until:
        began = perf_counter()
        await work()
        found.append((perf_counter() - began) * 1000)
    return found


def request(brand: Brand, path: str) -> Work:
    async def work() -> None:
        answer = await brand.get(path)
        assert answer.status_code == 200, answer.text

    return work


@asynccontextmanager
async def visit(path: str) -> AsyncIterator[Work]:
    """A redirect by the router, over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ROUTER)
    said = f"GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n\r\n".encode()

    async def work() -> None:
        writer.write(said)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 302")

    yield work
    writer.close()


@asynccontextmanager
async def delivery(database: Database, brand: Brand) -> AsyncIterator[Work]:
    """From the commit of a piece of news until it is at the brand's own endpoint."""
    came = asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.set()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def work() -> None:
        came.clear()
        async with database.tenant_session(brand.tenant_id) as session:
            await publish(session, [PartnerCreated.sample()])
        await came.wait()

    url = f"http://127.0.0.1:{RECEIVER}/"
    await brand.made("/webhooks", {"url": url, "events": ["*"]})
    async with await asyncio.start_server(hear, "127.0.0.1", RECEIVER):
        yield work
