"""Takes due jobs under a lease, runs them, retries what failed, and keeps what died in sight."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import uniform
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, text, update
from sqlalchemy.engine import Row

from api.jobs.job import KINDS, JobContext, Later, Outside
from api.metrics import JOBS
from api.settings import Settings
from shared.database import Database
from shared.models.job import Job

log = structlog.get_logger()

BATCH = 10
PER_RECEIVER = 4
LONGEST = timedelta(seconds=40)
# Longer than the longest attempt, so that a lease runs out only under a worker that died.
LEASE = LONGEST + timedelta(seconds=20)
IDLE_SECONDS = 5.0
JITTER = 0.2


@dataclass(slots=True)
class Runner:
    """Any number of these may run, in any number of processes, against one database."""

    database: Database
    settings: Settings
    outside: Outside
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False

    async def run(self) -> None:
        """Works until `stop`; finishes what it has claimed."""
        while not self.stopping:
            self.wake.clear()
            try:
                busy = await self.run_due()
            except Exception:
                # The database may be restarting; the jobs are in it and will still be there.
                log.exception("claim_failed")
                busy = False
                await asyncio.sleep(1)
            if not busy and not self.stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)

    def stop(self) -> None:
        self.stopping = True
        self.wake.set()

    async def run_due(self) -> bool:
        """Runs one batch; says whether there was anything to do."""
        async with self.database.unpinned_session() as session:
            claimed = (
                await session.execute(
                    text("select * from claim_jobs(:wanted, :per_receiver, :lease)"),
                    {"wanted": BATCH, "per_receiver": PER_RECEIVER, "lease": LEASE},
                )
            ).all()
        await asyncio.gather(*(self.run_one(row) for row in claimed))
        return bool(claimed)

    async def run_one(self, row: Row[Any]) -> None:
        kind = KINDS.get(row.name)
        context = JobContext(
            row.tenant_id, self.database, self.settings, self.outside, row.attempts
        )
        try:
            if kind is None:
                raise LookupError(f"no job is called {row.name}")  # noqa: TRY301  # one way of failing
            async with asyncio.timeout(LONGEST.total_seconds()):
                await kind.work(context, **row.arguments)
        except Exception as problem:
            delays = kind.delays if kind else ()
            # Later is a job's own word that it failed as such jobs do; anything else is news to us.
            expected = isinstance(problem, Later)
            log.warning(
                "job_failed", name=row.name, attempt=row.attempts, reason=str(problem)[:200],
                exc_info=not expected,
            )  # fmt: skip
            await self.give_back(row, problem, delays)
        else:
            await self.settle(row.tenant_id, row.id, done_at=func.now(), leased_until=None)
            JOBS.labels(row.name, "done").inc()

    async def give_back(
        self, row: Row[Any], problem: Exception, delays: tuple[timedelta, ...]
    ) -> None:
        """Tries again after the next pause, or leaves it dead and visible after the last one."""
        reason = f"{type(problem).__name__}: {problem}"[:1000]
        if row.attempts > len(delays):
            JOBS.labels(row.name, "dead").inc()
            outcome: dict[str, Any] = {"dead_at": func.now()}
        else:
            JOBS.labels(row.name, "retried").inc()
            asked = problem.after if isinstance(problem, Later) else None
            pause = asked or delays[row.attempts - 1] * uniform(1 - JITTER, 1 + JITTER)
            outcome = {"run_at": func.now() + pause}
        await self.settle(row.tenant_id, row.id, last_error=reason, leased_until=None, **outcome)

    async def settle(self, tenant_id: UUID, job_id: UUID, **outcome: Any) -> None:
        async with self.database.tenant_session(tenant_id) as session:
            await session.execute(update(Job).where(Job.id == job_id).values(**outcome))
