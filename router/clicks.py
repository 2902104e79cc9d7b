"""Group commit: clicks wait for a shared flush, and while one is on its way the next batch gathers."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog

from router.postgres import Unreachable, connect

log = structlog.get_logger("router.clicks")

# Without a conflict target, so that the role needs no right to read what it writes. A replay meets
# its own key (tenant, id, ts) and changes nothing.
INSERT = """
insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url, ip_hash,
    user_agent, referer, flag)
select tenant_id, id, timestamptz 'epoch' + ms * interval '1 millisecond', link_id, partner_id,
    campaign_id, landing_url, ip_hash, user_agent, referer, flag
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[]) as click (tenant_id, id, ms, link_id,
    partner_id, campaign_id, landing_url, ip_hash, user_agent, referer, flag)
on conflict do nothing
"""
FLUSH_SECONDS = 5
RETRY_SECONDS = (0.0, 0.1, 0.5, 1, 2)

# A row that PostgreSQL will never take; all other errors are about the server, not the row.
Poison = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)

Click = tuple[Any, ...]
"""tenant, id, milliseconds, link, partner, campaign, landing, address hash, agent, referer, flag."""


@dataclass(slots=True)
class Figures:
    """What became of the clicks of this process, for metrics."""

    taken: int = 0
    stored: int = 0
    flushes: int = 0
    failed_flushes: int = 0
    lost: int = 0


class Batch:
    """Clicks that are flushed together, and the moment that their requests wait for."""

    __slots__ = ("clicks", "settled")

    def __init__(self) -> None:
        self.clicks: list[Click] = []
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Clicks:
    """Stores clicks over one connection of its own."""

    def __init__(self, url: str) -> None:
        self.figures = Figures()
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._gathering: Batch | None = None
        self._something = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._flush_for_ever())

    async def close(self) -> None:
        """Flush what was taken, then stop."""
        self._closing = True
        self._something.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            with suppress(*Unreachable):
                await self._connection.close(timeout=1)

    def record(self, click: Click) -> asyncio.Future[None]:
        """Take a click; done when it is durable, or when nothing more can be done for it."""
        batch = self._gathering
        if batch is None:
            batch = self._gathering = Batch()
            self._something.set()
        batch.clicks.append(click)
        self.figures.taken += 1
        return batch.settled

    async def _flush_for_ever(self) -> None:
        while not (self._closing and self._gathering is None):
            await self._something.wait()
            self._something.clear()
            batch, self._gathering = self._gathering, None
            if batch is not None:
                await self._store(batch.clicks)
                batch.settled.set_result(None)

    async def _store(self, clicks: list[Click]) -> None:
        """One statement; one that a row spoils is halved until only that row is left out."""
        try:
            await self._insert(clicks)
            self.figures.stored += len(clicks)
        except Poison as error:
            if len(clicks) == 1:
                self.figures.lost += 1
                log.exception("a click can't be stored", error=repr(error))
                return
            middle = len(clicks) // 2
            await self._store(clicks[:middle])
            await self._store(clicks[middle:])
        except Unreachable as error:
            self.figures.lost += len(clicks)
            log.warning("clicks are lost while the database is away", error=repr(error))

    async def _insert(self, clicks: list[Click]) -> None:
        connection = await self._connected()
        self.figures.flushes += 1
        try:
            await connection.fetch(INSERT, *zip(*clicks, strict=True), timeout=FLUSH_SECONDS)
        except BaseException as error:
            self.figures.failed_flushes += 1
            if not isinstance(error, Poison):
                connection.terminate()
                self._connection = None
            raise

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        now = asyncio.get_running_loop().time()
        if now < self._retry_at:
            raise ConnectionError("waiting before the next attempt")
        try:
            self._connection = await connect(self._url, "openpartner-router-clicks")
        except Unreachable:
            self._retry_at = now + RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
            self._failures += 1
            raise
        self._failures = 0
        return self._connection
