"""Jobs and the schedule: what commits is done, at least once, whoever dies on the way."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from api.jobs.enqueue import enqueue
from api.jobs.job import CHORES, KINDS, Chore, JobContext, Kind, every
from api.jobs.schedule import latest_due
from tests.support.brand import Brand
from tests.support.working import Worker

Done = list[tuple[str, Any]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """Declares two jobs for a test: one that works, and one that never does."""
    record: Done = []

    async def note(context: JobContext, *, word: str) -> None:
        record.append((word, context.tenant_id))

    async def fail(context: JobContext) -> None:
        record.append(("failed", context.attempt))
        raise RuntimeError("never works")

    monkeypatch.setitem(KINDS, "test.note", Kind("test.note", note, (timedelta(0),)))
    monkeypatch.setitem(KINDS, "test.fail", Kind("test.fail", fail, (timedelta(0), timedelta(0))))
    return record


async def ask(worker: Worker, brand: Brand, name: str, **arguments: Any) -> None:
    async with worker.database.tenant_session(brand.tenant_id) as session:
        await enqueue(session, name, **arguments)


async def test_a_job_runs_once_in_its_own_tenant(brand: Brand, worker: Worker, done: Done) -> None:
    await ask(worker, brand, "test.note", word="hello")
    await worker.drain()
    await worker.drain()
    assert done == [("hello", brand.tenant_id)]


async def test_a_job_vanishes_with_the_work_that_asked_for_it(
    brand: Brand, worker: Worker, done: Done
) -> None:
    async def ask_and_break() -> None:
        async with worker.database.tenant_session(brand.tenant_id) as session:
            await enqueue(session, "test.note", word="never")
            raise LookupError

    with pytest.raises(LookupError):
        await ask_and_break()
    await worker.drain()
    assert done == []


async def test_a_job_that_always_fails_ends_dead_and_in_sight(
    brand: Brand, worker: Worker, done: Done
) -> None:
    await ask(worker, brand, "test.fail")
    await worker.drain()
    assert done == [("failed", 1), ("failed", 2), ("failed", 3)]
    [row] = await brand.fetch(
        "select attempts, last_error, dead_at, done_at from jobs where tenant_id = $1",
        brand.tenant_id,
    )
    assert (row["attempts"], row["done_at"]) == (3, None)
    assert row["dead_at"] is not None
    assert row["last_error"] == "RuntimeError: never works"


async def test_a_job_of_a_dead_worker_is_taken_over_when_its_lease_ends(
    brand: Brand, worker: Worker, done: Done
) -> None:
    await ask(worker, brand, "test.note", word="orphan")
    claimed = await brand.fetch("select * from claim_jobs(10, 4, interval '60 seconds')")
    assert "test.note" in {row["name"] for row in claimed}
    await worker.drain()
    assert done == []
    await brand.execute(
        "update jobs set leased_until = now() - interval '1 second' where tenant_id = $1",
        brand.tenant_id,
    )
    await worker.drain()
    assert done == [("orphan", brand.tenant_id)]


async def test_two_workers_never_share_a_job(brand: Brand, worker: Worker, done: Done) -> None:
    for number in range(30):
        await ask(worker, brand, "test.note", word=str(number))
    await asyncio.gather(*(worker.drain() for _ in range(5)))
    assert sorted(int(word) for word, _ in done) == list(range(30))


async def test_one_receiver_gets_only_its_share_at_once(brand: Brand, worker: Worker) -> None:
    for _ in range(6):
        await ask(worker, brand, "test.held", receiver="slow.example")
    await ask(worker, brand, "test.held", receiver="quick.example")
    first = await brand.fetch("select arguments, id from claim_jobs(100, 4, interval '60 seconds')")
    again = await brand.fetch("select arguments, id from claim_jobs(100, 4, interval '60 seconds')")
    ids = {row["id"] for row in first}
    held = await brand.fetch("select id, receiver from jobs where tenant_id = $1", brand.tenant_id)
    taken = [row["receiver"] for row in held if row["id"] in ids]
    assert taken.count("slow.example") == 4
    assert taken.count("quick.example") == 1
    assert not [row for row in again if row["id"] in {found["id"] for found in held}]
    await brand.execute("update jobs set done_at = now() where tenant_id = $1", brand.tenant_id)


async def test_a_tick_is_acted_on_once_and_a_missed_one_is_caught_up(
    brand: Brand, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Any] = []

    async def count(context: JobContext) -> None:
        ran.append(context.tenant_id)

    monkeypatch.setitem(CHORES, "test-chore", Chore("test-chore", "15 5 * * *", count, True))
    monday = datetime(2031, 3, 3, 5, 20, tzinfo=UTC)
    acted = await asyncio.gather(*(worker.tick("test-chore", monday) for _ in range(4)))
    assert sorted(acted) == [False, False, False, True]
    assert ran.count(brand.tenant_id) == 1
    # The worker was away for three days; it acts once, on the latest moment.
    assert await worker.tick("test-chore", monday + timedelta(days=3, hours=2))
    assert ran.count(brand.tenant_id) == 2


async def test_a_tick_whose_worker_died_is_taken_over_and_one_under_way_is_not(
    brand: Brand, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, ran = asyncio.Event(), []

    async def hang_once(context: JobContext) -> None:
        if not began.is_set():
            began.set()
            await asyncio.Event().wait()
        ran.append(context.tenant_id)

    monkeypatch.setitem(CHORES, "test-chore", Chore("test-chore", "15 6 * * *", hang_once, True))
    moment = datetime(2032, 3, 3, 6, 20, tzinfo=UTC)
    first = asyncio.create_task(worker.tick("test-chore", moment))
    await began.wait()
    assert not await worker.tick("test-chore", moment), "somebody is at it"
    # As when its machine loses power: the server sees the connection go, and with it the lock.
    await brand.execute(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
        " and ((classid::bigint << 32) | objid::bigint) = hashtextextended('chore test-chore', 0)"
    )
    assert await worker.tick("test-chore", moment)
    assert ran.count(brand.tenant_id) == 1
    assert not await worker.tick("test-chore", moment), "it is done"
    first.cancel()
    with pytest.raises((asyncio.CancelledError, DBAPIError)):
        await first


async def test_a_tenant_for_which_a_chore_fails_does_not_stop_the_others(
    brand: Brand, other_brand: Brand, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Any] = []

    async def count(context: JobContext) -> None:
        if context.tenant_id == brand.tenant_id:
            raise RuntimeError("only here")
        ran.append(context.tenant_id)

    monkeypatch.setitem(CHORES, "test-chore", Chore("test-chore", "0 0 * * *", count, True))
    assert await worker.act("test-chore") == 1
    assert other_brand.tenant_id in ran


def test_a_weekday_has_to_be_named_since_schedulers_count_them_differently() -> None:
    with pytest.raises(ValueError, match="name the weekday"):
        every("0 9 * * 1", "payouts")


@pytest.mark.parametrize(
    ("cron", "moment", "due"),
    [
        ("15 5 * * *", "2026-11-22T05:15:00", "2026-11-22T05:15:00"),
        ("15 5 * * *", "2026-11-22T05:14:59", "2026-11-21T05:15:00"),
        ("0 9 * * mon", "2026-11-22T12:00:00", "2026-11-16T09:00:00"),
        ("*/5 * * * *", "2026-11-22T12:07:30", "2026-11-22T12:05:00"),
    ],
)
def test_the_latest_due_moment_of_a_cron_line(cron: str, moment: str, due: str) -> None:
    def utc(written: str) -> datetime:
        return datetime.fromisoformat(written).replace(tzinfo=UTC)

    assert latest_due(cron, utc(moment)) == utc(due)
