"""Takes due jobs under a lease, runs them, retries what failed, and keeps what died in sight."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.jobs.batches import Batches
from api.jobs.failure import Failure, give_back
from api.jobs.job import KINDS, JobContext, Kind, Later, Outside
from api.metrics import JOBS
from api.settings import Settings
from shared.database import Database

log = structlog.get_logger()

PER_LANE = 4
# Of its lease; the rest is for writing down what came of it, before anybody else takes it over.
LONGEST = 2 / 3
IDLE_SECONDS = 5.0
# What ends together is replaced together: a claim costs about as much as a job.
PAUSE_SECONDS = 0.01
# What takes longer waits for somebody, and costs little more than the memory of a connection. So it
# makes room for others, up to as many as fill 256 lanes: endpoints that hang can't fill a worker.
SLOW_SECONDS = 2.0
SLOW_SLOTS = 1024
# A job under which workers die is not tried for ever.
DEATHS = 10

CLAIM = text("select * from claim_jobs(:wanted, :per_lane, :lease, :after_tenant, :after_lane)")
FINISH = text("update jobs set done_at = now(), leased_until = null where id = any(:ids)")
START = (UUID(int=0), "")


@dataclass(slots=True)
class Runner:
    """Any number of these may run, in any number of processes, against one database."""

    database: Database
    settings: Settings
    outside: Outside
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    running: set[asyncio.Task[None]] = field(default_factory=set)
    slow: set[asyncio.Task[None]] = field(default_factory=set)
    last: tuple[UUID, str] = START
    batches: Batches = field(init=False)

    def __post_init__(self) -> None:
        self.batches = Batches(self.database)

    async def run(self) -> None:
        """Works until `stop`; finishes what it has claimed."""
        while not self.stopping:
            self.wake.clear()
            try:
                claimed = await self.claim(self.room)
            except Exception:
                # The database may be restarting; the jobs are in it and will still be there.
                log.exception("claim_failed")
                claimed = []
                await asyncio.sleep(1)
            for row in claimed:
                self.start(row)
            # Unless slots or lanes are full, whatever is due was claimed; what ends makes room.
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
        if self.running:
            await asyncio.wait(self.running)

    def start(self, row: Row[Any]) -> None:
        task = asyncio.create_task(self.run_one(row))
        self.running.add(task)
        watch = asyncio.get_running_loop().call_later(SLOW_SECONDS, self.take_aside, task)
        task.add_done_callback(lambda _: watch.cancel())
        task.add_done_callback(self.ended)

    @property
    def room(self) -> int:
        """How many more may begin now."""
        free = self.settings.worker_slots - len(self.running) + len(self.slow)
        return min(free, SLOW_SLOTS - len(self.slow))

    def take_aside(self, task: asyncio.Task[None]) -> None:
        """Whoever only waits, for a receiver that hangs, leaves its slot to others."""
        self.slow.add(task)
        self.wake.set()

    def ended(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        self.slow.discard(task)
        self.wake.set()
        if not task.cancelled() and (problem := task.exception()) is not None:
            # What came of it could not be written: the lease will end, and somebody tries again.
            log.warning("job_not_settled", reason=str(problem)[:200])

    def stop(self) -> None:
        self.stopping = True
        self.wake.set()

    async def claim(self, wanted: int) -> list[Row[Any]]:
        """Due jobs, now leased to us; the next claim goes on with the lanes behind them."""
        if wanted <= 0:
            return []
        tenant, lane = self.last
        arguments = {
            "wanted": wanted, "per_lane": PER_LANE, "after_tenant": tenant, "after_lane": lane,
            "lease": timedelta(seconds=self.settings.worker_lease_seconds),
        }  # fmt: skip
        async with self.database.unpinned_session() as session:
            claimed = list((await session.execute(CLAIM, arguments)).all())
        lanes = {(row.tenant_id, row.lane) for row in claimed}
        # Lanes up to where it began come last: the claim went once around.
        self.last = max({place for place in lanes if place <= self.last} or lanes or {START})
        return claimed

    async def run_due(self) -> bool:
        """Runs what is due now and waits for it; says whether there was anything to do."""
        claimed = await self.claim(self.settings.worker_slots)
        await asyncio.gather(*(self.run_one(row) for row in claimed))
        return bool(claimed)

    async def run_one(self, row: Row[Any]) -> None:
        kind = KINDS.get(row.name)
        context = JobContext(
            row.tenant_id, self.database, self.settings, self.outside, row.attempts, self.batches,
            row.id,
        )  # fmt: skip
        try:
            await self.work(kind, context, row)
        except Exception as problem:  # noqa: BLE001  # whatever it is, the job is given back
            await self.give_back(row, problem)
        else:
            if not context.finished:
                await self.batches.take(row.tenant_id, finish, row.id)
            JOBS.labels(row.name, "done").inc()

    async def work(self, kind: Kind | None, context: JobContext, row: Row[Any]) -> None:
        """The job's own code, for less than its lease."""
        if kind is None:
            raise LookupError(f"no job is called {row.name}")
        if row.attempts > len(kind.delays) + 1 + DEATHS:
            raise RuntimeError("its worker died each time")
        async with asyncio.timeout(self.settings.worker_lease_seconds * LONGEST):
            await kind.work(context, **row.arguments)

    async def give_back(self, row: Row[Any], problem: Exception) -> None:
        """Tries again after the next pause, or leaves it dead and visible after the last one."""
        failure = Failure.of(row, problem)
        # Later is a job's own word that it failed as such jobs do, and whom it concerns can see it; a
        # receiver that fails would fill the log. Anything else is news to us.
        expected = isinstance(problem, Later)
        say = log.debug if expected and failure.outcome != "dead" else log.warning
        say(
            "job_failed", name=row.name, attempt=row.attempts, reason=str(problem)[:200],
            exc_info=None if expected else problem,
        )  # fmt: skip
        JOBS.labels(row.name, failure.outcome).inc()
        await self.batches.take(row.tenant_id, give_back, failure)


async def finish(session: AsyncSession, job_ids: Sequence[UUID]) -> Sequence[None]:
    """A step that ends jobs."""
    await session.execute(FINISH, {"ids": list(job_ids)})
    return [None] * len(job_ids)
