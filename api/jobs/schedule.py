"""What runs every hour or day: every worker ticks, one acts, and what it has done is a row."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import func, select, text

from api.jobs.batches import Batches
from api.jobs.job import CHORES, Chore, JobContext, Outside
from api.settings import Settings
from shared.database import Database
from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID

log = structlog.get_logger()

LOOK_EVERY = 20.0
# Each holds a connection while it waits for Stripe or whomever else.
AT_ONCE = 4
LOOK_BACKS = tuple(timedelta(minutes=minutes) for minutes in (2, 65, 1445, 8 * 1440, 32 * 1440))
IS_DONE = text(
    "select exists (select from ticks where name = :name and due_at = :due"
    " and finished_at is not null)"
)
WRITE_TICK = text(
    "insert into ticks (name, due_at, worker) values (:name, :due, :worker)"
    " on conflict (name, due_at) do update set worker = :worker, started_at = now()"
    " where ticks.finished_at is null returning name"
)
FINISH_TICK = text(
    "update ticks set finished_at = now(), outcome = :outcome where name = :name and due_at = :due"
)


def latest_due(cron: str, moment: datetime) -> datetime | None:
    """The last moment of this cron line that is not after `moment`."""
    trigger = CronTrigger.from_crontab(cron, timezone="UTC")
    # Looking back a little further each time spares a monthly line a walk through its minutes.
    for look_back in LOOK_BACKS:
        found: datetime | None = None
        step = trigger.get_next_fire_time(None, moment - look_back)
        while step is not None and step <= moment:
            found = step
            step = trigger.get_next_fire_time(step, step + timedelta(seconds=1))
        if found is not None:
            return found
    return None


@dataclass(slots=True)
class Scheduler:
    """A moment that was missed, or whose worker died, is caught up at the next look.

    Its row is missing then, or unfinished with nobody at it.
    """

    database: Database
    settings: Settings
    outside: Outside
    worker: UUID = field(default_factory=new_id)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self) -> None:
        """Looks every few seconds what is due; what takes long holds up nothing else."""
        under_way: dict[str, asyncio.Task[None]] = {}
        while not self.stopped.is_set():
            try:
                moment = await self.moment()
            except Exception:
                log.exception("schedule_without_clock")
            else:
                for chore in CHORES.values():
                    if chore.name not in under_way or under_way[chore.name].done():
                        under_way[chore.name] = asyncio.create_task(self._look(chore, moment))
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopped.wait(), LOOK_EVERY)
        await asyncio.gather(*under_way.values())

    async def moment(self) -> datetime:
        """By the database's clock: a machine whose own is wrong does nothing early, late or twice."""
        async with self.database.unpinned_session() as session:
            return (await session.execute(select(func.now()))).scalar_one()

    async def _look(self, chore: Chore, moment: datetime) -> None:
        async with self.places:
            try:
                await self.tick(chore, moment)
            except Exception:
                log.exception("tick_failed", name=chore.name)

    def stop(self) -> None:
        self.stopped.set()

    async def tick(self, chore: Chore, moment: datetime) -> bool:
        """Acts on the chore's latest due moment unless somebody has; says whether it acted."""
        due = latest_due(chore.cron, moment)
        if due is None:
            return False
        async with self.database.unpinned_session() as session:
            if await session.scalar(IS_DONE, {"name": chore.name, "due": due}):
                return False
        async with self.database.alone(f"chore {chore.name}") as alone:
            return alone and await self._act_once(chore, due)

    async def _act_once(self, chore: Chore, due: datetime) -> bool:
        async with self.database.unpinned_session() as session:
            mine = {"name": chore.name, "due": due, "worker": self.worker}
            # Somebody may have finished between our look and our lock.
            if await session.scalar(WRITE_TICK, mine) is None:
                return False
        failed = await self.act(chore)
        outcome = "done" if not failed else f"failed for {failed}"
        async with self.database.unpinned_session() as session:
            await session.execute(FINISH_TICK, {"name": chore.name, "due": due, "outcome": outcome})
        # A chore that does as it should is no news, and there are some every minute.
        say = log.warning if failed else log.debug
        say("tick", name=chore.name, due=due.isoformat(), outcome=outcome)
        return True

    async def by_hand(self, chore: Chore, tenant_id: UUID | None = None) -> int | None:
        """The chore now, for one tenant or for all; None where somebody is at it already.

        Its next moment comes as if nothing had happened: chores may run more than once.
        """
        async with self.database.alone(f"chore {chore.name}") as alone:
            if not alone:
                return None
            return await self.act(chore, None if tenant_id is None else [tenant_id])

    async def act(self, chore: Chore, tenants: Sequence[UUID] | None = None) -> int:
        """Runs the chore for every tenant in a transaction of its own; counts those it failed for."""
        if not chore.per_tenant:
            tenants = [DEFAULT_TENANT_ID]
        elif tenants is None:
            async with self.database.unpinned_session() as session:
                tenants = list(await session.scalars(text("select active_tenants()")))
        failed, batches = 0, Batches(self.database)
        for tenant in tenants:
            context = JobContext(tenant, self.database, self.settings, self.outside, 1, batches)
            try:
                await chore.work(context)
            except Exception:
                failed += 1
                log.exception("chore_failed", name=chore.name, tenant=str(tenant))
        return failed
