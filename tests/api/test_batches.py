"""Steps that jobs take together: each gets its own result, and one bad item fails alone."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.jobs.batches import MOST, Batches
from shared.models.setting import Setting
from tests.support.brand import Brand
from tests.support.working import Worker

DIVIDE = text("select 100 / cast(:by as int)")


async def test_many_share_few_transactions_and_each_gets_its_own(
    brand: Brand, worker: Worker
) -> None:
    sizes: list[int] = []

    async def double(session: AsyncSession, items: Sequence[int]) -> Sequence[int]:
        assert await session.scalar(text("select current_setting('app.tenant_id')")) == str(
            brand.tenant_id
        )
        sizes.append(len(items))
        return [2 * item for item in items]

    batches = Batches(worker.database)
    wanted = range(2 * MOST + 10)
    found = await asyncio.gather(*(batches.take(brand.tenant_id, double, n) for n in wanted))
    assert found == [2 * n for n in wanted]
    assert sizes == [MOST, MOST, 10]
    assert batches.waiting == {}


async def test_one_that_fails_takes_nobody_along(brand: Brand, worker: Worker) -> None:
    async def note(session: AsyncSession, items: Sequence[int]) -> Sequence[int]:
        session.add_all([Setting(key=f"test.{item}", value={}) for item in items])
        return [int(await session.scalar(DIVIDE, {"by": item}) or 0) for item in items]

    batches = Batches(worker.database)
    found = await asyncio.gather(
        *(batches.take(brand.tenant_id, note, n) for n in (1, 0, 5)), return_exceptions=True
    )
    assert (found[0], found[2]) == (100, 20)
    assert "division by zero" in str(found[1])
    kept = await brand.fetch(
        "select key from settings where tenant_id = $1 and key like 'test.%' order by key",
        brand.tenant_id,
    )
    assert [row["key"] for row in kept] == ["test.1", "test.5"]


async def test_two_tenants_never_share_one(
    brand: Brand, other_brand: Brand, worker: Worker
) -> None:
    async def whose(session: AsyncSession, items: Sequence[None]) -> Sequence[str]:
        pinned = await session.scalar(text("select current_setting('app.tenant_id')"))
        return [str(pinned)] * len(items)

    batches = Batches(worker.database)
    both = [brand.tenant_id, other_brand.tenant_id] * 3
    found = await asyncio.gather(*(batches.take(tenant, whose, None) for tenant in both))
    assert found == [str(tenant) for tenant in both]


async def test_whoever_gives_up_waiting_disturbs_nobody(brand: Brand, worker: Worker) -> None:
    began = asyncio.Event()
    go_on = asyncio.Event()

    async def slow(_: AsyncSession, items: Sequence[int]) -> Sequence[int]:
        began.set()
        await go_on.wait()
        return items

    batches = Batches(worker.database)
    first = asyncio.create_task(batches.take(brand.tenant_id, slow, 1))
    await began.wait()
    second = asyncio.create_task(batches.take(brand.tenant_id, slow, 2))
    third = asyncio.create_task(batches.take(brand.tenant_id, slow, 3))
    await asyncio.sleep(0)
    second.cancel()
    go_on.set()
    assert (await first, await third) == (1, 3)
    with pytest.raises(asyncio.CancelledError):
        await second
