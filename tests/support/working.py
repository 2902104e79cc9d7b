"""The worker's own code, driven by tests: nothing runs until a test asks for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from api.job_list import JOBS_OF_FEATURES
from api.jobs.job import CHORES, JobContext
from api.jobs.runner import Runner
from api.jobs.schedule import Scheduler
from api.outside.world import World
from api.settings import Settings
from shared.database import Database, open_database


@dataclass(frozen=True, slots=True)
class Worker:
    """`await worker.drain()` runs what is due; `await worker.tick(name, moment)` a chore."""

    database: Database
    runner: Runner
    scheduler: Scheduler

    @classmethod
    @asynccontextmanager
    async def at(cls, settings: Settings, world: World | None = None) -> AsyncIterator[Self]:
        assert JOBS_OF_FEATURES is not None
        database = open_database(settings.database_url_app.get_secret_value(), pool=20)
        world = world or World.of(settings)
        yield cls(database, Runner(database, settings, world), Scheduler(database, settings, world))
        await database.close()

    async def drain(self) -> None:
        while await self.runner.run_due():
            pass

    async def tick(self, name: str, moment: datetime) -> bool:
        return await self.scheduler.tick(CHORES[name], moment)

    async def act(self, name: str) -> int:
        """The chore itself, for every tenant, whatever the calendar says."""
        return await self.scheduler.act(CHORES[name])

    async def chore(self, name: str, tenant_id: UUID) -> None:
        """The chore for one tenant, as the schedule would do it; its failure is the test's."""
        runner = self.runner
        await CHORES[name].work(
            JobContext(
                tenant_id, runner.database, runner.settings, runner.outside, 1, runner.batches
            )
        )
