"""Declares what runs later: `@job("mail.send", …)` above a function in a feature's jobs.py."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.jobs.batches import Batches
from api.settings import Settings
from shared.database import Database
from shared.models.job import Job


class Outside(Protocol):
    """The services that jobs may use; the worker brings the real ones."""

    @property
    def mailer(self) -> Any: ...

    @property
    def outbound(self) -> Any: ...

    @property
    def stripe(self) -> Any: ...

    @property
    def resolver(self) -> Any: ...


@dataclass(slots=True)
class JobContext:
    """What a job works with: its tenant, the database, and the world outside."""

    tenant_id: UUID
    database: Database
    settings: Settings
    outside: Outside
    attempt: int
    batches: Batches
    job_id: UUID | None = None
    finished: bool = False

    async def finish(self, session: AsyncSession) -> None:
        """Marks the job as done in the very transaction that writes its result down."""
        await session.execute(
            update(Job).where(Job.id == self.job_id).values(done_at=func.now(), leased_until=None)
        )
        self.finished = True


class Later(Exception):
    """Raised by a job that failed and knows better than its delays when to try again."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class NotYet(Later):
    """Raised where nothing failed: what the job looks for isn't there. After the last look it ends."""


Work = Callable[..., Awaitable[None]]
# Called with a session, the reason, and the job's arguments.
Burial = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A declared job: its public name, what it does, and the pauses between its attempts.

    `when_dead` runs in the transaction in which the job is given up, for what users see of it.
    """

    name: str
    work: Work
    delays: tuple[timedelta, ...]
    when_dead: Burial | None = None


KINDS: dict[str, Kind] = {}

SOON = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)


def job(
    name: str, *, delays: Sequence[int] = SOON, when_dead: Burial | None = None
) -> Callable[[Work], Work]:
    """Registers `work(context, **arguments)`; it must be idempotent, since it may run more than once.

    `delays` are the seconds before the second, third, … attempt; after the last the job is dead.
    """

    def register(work: Work) -> Work:
        pauses = tuple(timedelta(seconds=delay) for delay in delays)
        KINDS[name] = Kind(name, work, pauses, when_dead)
        return work

    return register


@dataclass(frozen=True, slots=True)
class Chore:
    """A declared piece of the schedule, run for each tenant or once for the installation."""

    name: str
    cron: str
    work: Work
    per_tenant: bool


CHORES: dict[str, Chore] = {}


def every(cron: str, name: str, *, per_tenant: bool = True) -> Callable[[Work], Work]:
    """Registers `work(context)` for the moments of a five-field cron line, in UTC.

    Weekdays go by name (`mon`): cron counts them from Sunday and APScheduler from Monday.
    """
    if cron.split()[4] != "*" and not cron.split()[4].isalpha():
        raise ValueError(f"name the weekday in {cron!r}")

    def register(work: Work) -> Work:
        CHORES[name] = Chore(name, cron, work, per_tenant)
        return work

    return register
