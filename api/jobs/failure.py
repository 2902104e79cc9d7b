"""A failed attempt at a job: tried again after a pause, or dead and in sight after the last one.

One that only looked for something, in vain to the end, is done instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import uniform
from typing import Any, Literal, Self
from uuid import UUID

from sqlalchemy import Interval, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.jobs.job import KINDS, Kind, Later, NotYet

JITTER = 0.2
LONGEST_REASON = 1000
# Whose lease ended and was taken over has nothing to say any more, nor has a repetition of this: a
# job is left dead once. Rows in one order for every worker, so that two can't wait for each other.
GIVE_BACK = text(
    """
    with failed as (
        select * from unnest(cast(:ids as uuid[]), cast(:attempts as int[]),
            cast(:reasons as text[]), :pauses, cast(:in_vain as bool[]))
            f(id, attempt, reason, pause, in_vain)
    ), held as materialized (
        select j.id, f.reason, f.pause, f.in_vain from jobs j join failed f on f.id = j.id
        where j.attempts = f.attempt and j.done_at is null and j.dead_at is null
        order by j.id for update of j
    )
    update jobs j set last_error = held.reason, leased_until = null,
        run_at = coalesce(now() + held.pause, j.run_at),
        dead_at = case when held.pause is null and not held.in_vain then now() end,
        done_at = case when held.pause is null and held.in_vain then now() end
    from held where j.id = held.id returning j.id
    """
).bindparams(bindparam("pauses", type_=ARRAY(Interval(native=True))))


@dataclass(frozen=True, slots=True)
class Failure:
    """`pause` is None after the last attempt; `looked` says that nothing was wrong but not there."""

    job_id: UUID
    attempt: int
    reason: str
    pause: timedelta | None
    looked: bool
    kind: Kind | None
    arguments: dict[str, Any]

    @classmethod
    def of(cls, row: Row[Any], problem: Exception) -> Self:
        kind = KINDS.get(row.name)
        delays = kind.delays if kind else ()
        pause = None
        if row.attempts <= len(delays):
            asked = problem.after if isinstance(problem, Later) else None
            pause = asked or delays[row.attempts - 1] * uniform(1 - JITTER, 1 + JITTER)
        reason = f"{type(problem).__name__}: {problem}"[:LONGEST_REASON]
        looked = isinstance(problem, NotYet)
        return cls(row.id, row.attempts, reason, pause, looked, kind, row.arguments)

    @property
    def outcome(self) -> Literal["retried", "dead", "in_vain"]:
        if self.pause is not None:
            return "retried"
        return "in_vain" if self.looked else "dead"


async def give_back(session: AsyncSession, failures: Sequence[Failure]) -> Sequence[None]:
    """A step: writes each failure down, and tells the features of those that died."""
    given = await session.scalars(
        GIVE_BACK,
        {
            "ids": [failure.job_id for failure in failures],
            "attempts": [failure.attempt for failure in failures],
            "reasons": [failure.reason for failure in failures],
            "pauses": [failure.pause for failure in failures],
            "in_vain": [failure.looked for failure in failures],
        },
    )
    given_back = set(given)
    for failure in failures:
        if failure.outcome == "dead" and failure.job_id in given_back and failure.kind:
            await _bury(session, failure, failure.kind)
    return [None] * len(failures)


async def _bury(session: AsyncSession, failure: Failure, kind: Kind) -> None:
    if kind.when_dead:
        await kind.when_dead(session, failure.reason, **failure.arguments)
