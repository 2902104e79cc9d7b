"""Brings journaled clicks home: this process's, and those that another left on the same volume."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog

from router.insert import insert
from router.journal import Journal, Segment
from router.postgres import connect

log = structlog.get_logger("router.drain")

LOOK_SECONDS = 1.0
SLOWEST = 5
BATCH = 500
INSERT_SECONDS = 30.0


@dataclass(slots=True)
class Figures:
    """What came home, for metrics."""

    drained: int = 0
    lost: int = 0
    damaged: int = 0


class Drain:
    """Looks once a second; beside an empty folder that costs nothing worth counting."""

    look_seconds = LOOK_SECONDS

    def __init__(self, url: str, journal: Journal) -> None:
        self.figures = Figures()
        self._url = url
        self._journal = journal
        self._draining: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._draining = asyncio.create_task(self._drain_for_ever())

    async def close(self) -> None:
        if self._draining is not None:
            self._draining.cancel()
            with suppress(asyncio.CancelledError):
                await self._draining

    async def _drain_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                if self._journal.waiting():
                    await self._drain()
                failures = 0
            except Exception as error:  # noqa: BLE001  # it must go on trying, whatever it was
                if failures == 0:
                    log.warning("the journal waits for the database", error=repr(error))
                failures += 1
            await asyncio.sleep(self.look_seconds * min(failures + 1, SLOWEST))

    async def _drain(self) -> None:
        connection = await connect(self._url, "openpartner-router-journal")
        failed: Exception | None = None
        try:
            await asyncio.to_thread(self._journal.seal)
            for path in self._journal.waiting():
                try:
                    await self._bring_home(path, connection)
                except Exception as error:
                    # A file that can't be read or stored must not keep those behind it from home.
                    if connection.is_closed():
                        raise
                    failed = failed or error
        finally:
            connection.terminate()
        if failed is not None:
            raise failed

    async def _bring_home(self, path: Path, connection: asyncpg.Connection) -> None:
        segment = Segment.claim(path)
        if segment is None:
            return
        try:
            for batch in segment.batches(BATCH):
                lost = await insert(connection, batch, INSERT_SECONDS)
                self.figures.lost += lost
                self.figures.drained += len(batch) - lost
            if segment.is_damaged:
                self.figures.damaged += 1
                log.error("a journal is damaged; the rest of it is kept", path=str(path))
            segment.remove()
        finally:
            segment.close()
