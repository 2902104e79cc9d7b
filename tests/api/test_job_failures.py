"""Jobs that fail at once are given back together: each by its own pause, each death told once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.jobs.enqueue import enqueue
from api.jobs.failure import Failure, give_back
from api.jobs.job import KINDS, JobContext, Kind, Later
from tests.support.brand import Brand
from tests.support.working import Worker

ALL = 10_000


async def ask(worker: Worker, brand: Brand, name: str, **arguments: Any) -> None:
    async with worker.database.tenant_session(brand.tenant_id) as session:
        await enqueue(session, name, **arguments)


async def fail_together(worker: Worker) -> None:
    """All that is due, at once, as a worker does it; waits for what comes of it."""
    for row in await worker.runner.claim(ALL):
        worker.runner.start(row)
    if worker.runner.running:
        await asyncio.wait(worker.runner.running)


async def test_what_fails_together_is_given_back_together_and_each_for_its_own_reason(
    brand: Brand, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: JobContext, *, number: int) -> None:
        if number % 2:
            raise Later(f"ask in {number} days", timedelta(days=number))
        raise RuntimeError(f"broken {number}")

    kind = Kind("test.together", fail, (timedelta(hours=10),))
    monkeypatch.setitem(KINDS, "test.together", kind)
    numbers = range(1, 31)
    for number in numbers:
        await ask(worker, brand, "test.together", receiver=f"to-{number}", number=number)
    await fail_together(worker)
    rows = await brand.fetch(
        "select (arguments->>'number')::int as number, xmin::text as transaction, attempts,"
        " last_error, leased_until, dead_at, done_at,"
        " extract(epoch from run_at - now()) / 3600 as hours"
        " from jobs where tenant_id = $1 order by number",
        brand.tenant_id,
    )
    assert [row["number"] for row in rows] == list(numbers)
    assert len({row["transaction"] for row in rows}) == 1
    for number, row in zip(numbers, rows, strict=True):
        assert (row["attempts"], row["leased_until"]) == (1, None)
        assert (row["dead_at"], row["done_at"]) == (None, None)
        if number % 2:
            assert row["last_error"] == f"Later: ask in {number} days"
            assert 24 * number - 1 < row["hours"] <= 24 * number
        else:
            assert row["last_error"] == f"RuntimeError: broken {number}"
            assert 7 < row["hours"] <= 12
    assert len({row["hours"] for row in rows[1::2]}) == 15, "they don't all come back at once"


@pytest.fixture
def buried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declares a job that dies at once; of its deaths a note is written, but for the third."""

    async def fail(_: JobContext, *, number: int) -> None:
        raise Later(f"no {number}")

    async def bury(session: AsyncSession, reason: str, *, number: int) -> None:
        await enqueue(session, "test.told", delay=timedelta(days=1), reason=reason)
        if number == 3:
            raise LookupError("no grave")

    monkeypatch.setitem(KINDS, "test.mortal", Kind("test.mortal", fail, (), bury))


async def deaths(brand: Brand) -> tuple[list[int], list[str]]:
    """Which jobs are dead, and of which it was told."""
    dead = await brand.fetch(
        "select (arguments->>'number')::int as number from jobs"
        " where tenant_id = $1 and dead_at is not null order by number",
        brand.tenant_id,
    )
    told = await brand.fetch(
        "select arguments->>'reason' as reason from jobs"
        " where tenant_id = $1 and name = 'test.told' order by reason",
        brand.tenant_id,
    )
    return [row["number"] for row in dead], [row["reason"] for row in told]


@pytest.mark.usefixtures("buried")
async def test_a_death_that_cannot_be_told_of_takes_no_other_along(
    brand: Brand, worker: Worker
) -> None:
    for number in range(1, 6):
        await ask(worker, brand, "test.mortal", receiver=f"to-{number}", number=number)
    await fail_together(worker)
    assert await deaths(brand) == ([1, 2, 4, 5], [f"Later: no {n}" for n in (1, 2, 4, 5)])
    [left] = await brand.fetch(
        "select leased_until is not null as leased, last_error from jobs"
        " where tenant_id = $1 and name = 'test.mortal' and dead_at is null",
        brand.tenant_id,
    )
    assert dict(left) == {"leased": True, "last_error": None}, (
        "its lease ends, and it is tried again"
    )


@pytest.mark.usefixtures("buried")
async def test_a_death_is_told_once_and_only_by_whoever_holds_the_lease(
    brand: Brand, worker: Worker
) -> None:
    await ask(worker, brand, "test.mortal", number=1)
    [row] = [row for row in await worker.runner.claim(ALL) if row.name == "test.mortal"]
    failure = Failure.of(row, Later("no 1"))
    takes_over = "update jobs set attempts = attempts + $2 where tenant_id = $1"
    await brand.execute(takes_over, brand.tenant_id, 1)
    batches = worker.runner.batches
    await batches.take(brand.tenant_id, give_back, failure)
    assert await deaths(brand) == ([], []), "somebody else is at it"
    await brand.execute(takes_over, brand.tenant_id, -1)
    for _ in range(2):
        await batches.take(brand.tenant_id, give_back, failure)
    assert await deaths(brand) == ([1], ["Later: no 1"])
