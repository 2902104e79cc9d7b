"""Group commit: clicks wait for a shared flush, and while one is on its way the next batch gathers."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import structlog

from router.insert import Click, insert
from router.journal import Journal
from router.postgres import RETRY_SECONDS, connect
from shared.watched import Unavailable

log = structlog.get_logger("router.clicks")

FLUSH_SECONDS = 5.0


@dataclass(slots=True)
class Figures:
    """What became of the clicks of this process, for metrics."""

    taken: int = 0
    stored: int = 0
    journaled: int = 0
    lost: int = 0
    flushes: int = 0


class Batch:
    """Clicks that are flushed together, and the moment that their requests wait for."""

    __slots__ = ("clicks", "settled")

    def __init__(self) -> None:
        self.clicks: list[Click] = []
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Clicks:
    """Makes clicks durable: in PostgreSQL over one connection of its own, or else in the journal."""

    def __init__(self, url: str, journal: Journal, slow_seconds: float) -> None:
        self.figures = Figures()
        self._url = url
        self._journal = journal
        self._slow_seconds = slow_seconds
        self._connection: asyncpg.Connection | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._complain_at = 0.0
        self._gathering: Batch | None = None
        self._something = asyncio.Event()
        self._closing = False
        self._late: asyncio.Task[bool] | None = None
        self._flushing: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._flushing = asyncio.create_task(self._flush_for_ever())

    async def close(self) -> None:
        """Flush what was taken, then stop."""
        self._closing = True
        self._something.set()
        if self._flushing is not None:
            await self._flushing
        if self._late is not None:
            self._late.cancel()
        if self._connection is not None:
            with suppress(*Unavailable):
                await self._connection.close(timeout=1)
        self._journal.seal()

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
                try:
                    await self._settle(batch.clicks)
                except Exception:  # A mistake of ours must not stop all clicks after this one.
                    self.figures.lost += len(batch.clicks)
                    log.exception("clicks are lost by a mistake", clicks=len(batch.clicks))
                finally:
                    batch.settled.set_result(None)

    async def _settle(self, clicks: list[Click]) -> None:
        if self._late is None and await self._store_in_time(clicks):
            return
        try:
            await asyncio.to_thread(self._journal.append, clicks)
            self.figures.journaled += len(clicks)
        except OSError as error:
            # The visitor goes on all the same: a broken link is worse than an uncounted one.
            self.figures.lost += len(clicks)
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        """Once a second, however many visitors come: the metric counts them all."""
        now = asyncio.get_running_loop().time()
        if now >= self._complain_at:
            self._complain_at = now + 1
            log.error("clicks are lost", lost_so_far=self.figures.lost, error=str(error))

    async def _store_in_time(self, clicks: list[Click]) -> bool:
        storing = asyncio.create_task(self._store(clicks))
        await asyncio.wait([storing], timeout=self._slow_seconds)
        if storing.done():
            return storing.result()
        # Let it go on while its visitors turn to the journal: a click stored twice is stored once.
        self._late = storing
        storing.add_done_callback(self._arrived_late)
        return False

    def _arrived_late(self, _: asyncio.Task[bool]) -> None:
        self._late = None

    async def _store(self, clicks: list[Click]) -> bool:
        """Whether PostgreSQL has them."""
        try:
            connection = await self._connected()
            self.figures.flushes += 1
            lost = await insert(connection, clicks, FLUSH_SECONDS)
        except Exception as error:  # noqa: BLE001  # whatever it was, the journal is there for it
            self._give_up_connection(error)
            return False
        self._failures = 0
        self.figures.lost += lost
        self.figures.stored += len(clicks) - lost
        return True

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            if asyncio.get_running_loop().time() < self._retry_at:
                raise ConnectionError("waiting before the next attempt")
            self._connection = await connect(self._url, "openpartner-router-clicks")
        return self._connection

    def _give_up_connection(self, error: BaseException) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._retry_at:
            return
        if self._failures == 0:
            log.warning("clicks go to the journal", error=repr(error))
        self._retry_at = now + RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
        self._failures += 1
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
