"""A machine whose clock is wrong: PostgreSQL's decides what is due, mature, leased or forgotten."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine

from api.jobs.job import CHORES, Chore, JobContext
from api.jobs.schedule import Scheduler
from tests.support.brand import Brand
from tests.support.conversions import commissions, days_ago, promotion, report, visit
from tests.support.payouts import Sending, approved
from tests.support.stripe_double import StripeDouble
from tests.support.working import Worker

MINUTES, DAY = timedelta(seconds=400), timedelta(days=1)


@pytest.fixture(params=[MINUTES, -MINUTES, DAY, -DAY], ids=str)
def wrong(request: pytest.FixtureRequest) -> Iterator[timedelta]:
    """API and worker are off by so much; PostgreSQL, a process of its own, is right."""
    with time_machine.travel(datetime.now(UTC) + request.param):
        yield request.param


async def one_look(worker: Worker) -> None:
    """What a worker does in its first twenty seconds."""
    scheduler = Scheduler(worker.database, worker.runner.settings, worker.runner.outside)
    looking = asyncio.create_task(scheduler.run())
    await asyncio.sleep(0)
    scheduler.stop()
    await looking


async def test_fault_7_nothing_scheduled_runs_early_or_twice(
    brand: Brand, worker: Worker, monkeypatch: pytest.MonkeyPatch, wrong: timedelta
) -> None:
    ran: list[UUID] = []

    async def count(context: JobContext) -> None:
        ran.append(context.tenant_id)

    name = f"test-chore-{brand.slug}"
    for each in list(CHORES):
        monkeypatch.delitem(CHORES, each)
    monkeypatch.setitem(CHORES, name, Chore(name, "0 0 * * *", count, per_tenant=True))
    await one_look(worker)
    with time_machine.travel(datetime.now(UTC) - wrong):
        await one_look(worker)
    ticks = await brand.fetch(
        "select due_at, due_at <= now() as due from ticks where name = $1", name
    )
    assert all(tick["due"] for tick in ticks), wrong
    # A midnight may pass between the two; each has one tick, and one run.
    assert ran.count(brand.tenant_id) == len(ticks)


async def test_fault_7_nothing_is_approved_before_it_is_mature(
    brand: Brand, worker: Worker, wrong: timedelta
) -> None:
    link = await promotion(brand, holdbackDays=1)
    await visit(brand, link, at=days_ago(2))
    await report(brand)
    await worker.chore("commission-auto-approve", brand.tenant_id)
    assert {one["status"] for one in await commissions(brand)} == {"accrued"}, wrong


async def test_fault_7_no_job_runs_before_its_time(
    brand: Brand, worker: Worker, wrong: timedelta
) -> None:
    await brand.execute(
        "insert into jobs (tenant_id, id, name, arguments, run_at)"
        " values ($1, gen_random_uuid(), 'test.never', '{}', now() + interval '5 minutes')",
        brand.tenant_id,
    )
    await worker.drain()
    [job] = await brand.fetch(
        "delete from jobs where tenant_id = $1 and name = 'test.never' returning attempts",
        brand.tenant_id,
    )
    assert job["attempts"] == 0, wrong


async def test_fault_7_a_key_lives_as_long_as_the_database_says(
    brand: Brand, stripe_double: StripeDouble, worker: Worker, wrong: timedelta
) -> None:
    """Ahead by a day, a worker would hold what it may still send; behind, send what it must not."""
    sending = await Sending.at(brand, stripe_double, worker)
    fresh = await sending.planned()
    stripe_double.fail("reset_before", "/v1/transfers")
    await sending.work()
    await sending.cooled(fresh)
    await sending.sweep()
    assert await sending.state(fresh) == ("paid", "confirmed"), wrong
    await approved(brand, sending.link)
    old = (await brand.made("/payouts/run"))["payouts"][0]["payoutId"]
    stripe_double.fail("reset_before", "/v1/transfers")
    await sending.work()
    await sending.later(old, DAY)
    before = len(sending.posts())
    await sending.sweep()
    assert (await sending.state(old), len(sending.posts())) == (
        ("pending", "reconcile_required"), before,
    )  # fmt: skip
    await sending.over()
