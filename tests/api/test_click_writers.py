"""Roll-ups beside routers that are writing: every click is counted once, whenever it is committed."""

import asyncio
import time
from datetime import timedelta
from random import Random
from uuid import UUID

import asyncpg
import pytest

from api.features.analytics import service
from api.features.clicks import rollup, writers
from router.insert import insert
from shared.clock import now
from shared.visitor import new_click_id
from tests.support.brand import Brand, Json
from tests.support.conversions import click, promotion
from tests.support.figures import dashboard
from tests.support.working import Worker

ROUNDS = 15


async def as_router(brand: Brand) -> asyncpg.Connection:
    return await asyncpg.connect(brand.scratch.urls.router.replace("+asyncpg", ""))


async def come(router: asyncpg.Connection, link: Json, brand: Brand, *, days_late: int = 0) -> str:
    """A click as a router stores it; late ones come out of a journal."""
    moment = int(time.time() * 1000) - days_late * 86_400_000
    cref = UUID(bytes=new_click_id(moment))
    ids = (UUID(link["id"]), UUID(link["partnerId"]), UUID(link["campaignId"]))
    row = (brand.tenant_id, cref, moment, *ids, "", *[None] * 7)
    assert await insert(router, [row], 30) == 0
    return str(cref)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to settle down, so that only what is sure by construction still holds."""
    monkeypatch.setattr(rollup, "SETTLING_DOWN", timedelta(0))
    monkeypatch.setattr(writers, "LOOK_SECONDS", 0.001)


@pytest.mark.usefixtures("at_once")
async def test_no_days_are_rolled_up_past_a_router_that_has_not_committed(
    brand: Brand, worker: Worker
) -> None:
    link, router = await promotion(brand), await as_router(brand)
    await click(brand, link)
    async with router.transaction():
        await come(router, link, brand)
        await worker.chore("click-rollup", brand.tenant_id)
        assert await brand.rows("click_rollups") == []
        assert (await dashboard(brand, link))["clicks"] == 1
    assert (await dashboard(brand, link))["clicks"] == 2
    await worker.chore("click-rollup", brand.tenant_id)
    assert sum(day["counted"] for day in await brand.rows("click_days")) == 2
    assert (await dashboard(brand, link))["clicks"] == 2
    await router.close()


@pytest.mark.usefixtures("at_once")
async def test_a_clock_that_is_set_back_has_no_click_counted_twice(
    brand: Brand, worker: Worker
) -> None:
    link = await promotion(brand)
    await click(brand, link)
    await worker.chore("click-rollup", brand.tenant_id)
    ahead = now() + timedelta(hours=1)
    await brand.execute(
        "update click_rollups set rolled_until = $2 where tenant_id = $1", brand.tenant_id, ahead
    )
    await worker.chore("click-rollup", brand.tenant_id)
    [rolled] = await brand.rows("click_rollups")
    assert rolled["rolled_until"] == ahead
    assert (await dashboard(brand, link))["clicks"] == 1


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(2))
async def test_figures_are_exact_while_clicks_verdicts_and_roll_ups_come_all_at_once(
    brand: Brand, worker: Worker, seed: int
) -> None:
    random, link = Random(seed), await promotion(brand)
    crefs = [await click(brand, link) for _ in range(3)]

    async def visitors() -> None:
        router = await as_router(brand)
        for _ in range(ROUNDS):
            async with router.transaction():
                for _ in range(random.randint(1, 3)):
                    late = random.choice([0, 0, 2, 20])
                    crefs.append(await come(router, link, brand, days_late=late))
        await router.close()

    async def reviewers() -> None:
        for _ in range(ROUNDS):
            verdict = random.choice(["flag", "unflag"])
            answer = await brand.post(f"/clicks/{random.choice(crefs)}/{verdict}")
            assert answer.status_code in {200, 404, 409}

    async def schedule() -> None:
        for _ in range(ROUNDS):
            await worker.chore("click-rollup", brand.tenant_id)

    async def readers() -> None:
        for _ in range(ROUNDS):
            await agrees(brand, worker, link)

    await asyncio.gather(visitors(), visitors(), reviewers(), schedule(), readers())
    await worker.chore("click-rollup", brand.tenant_id)
    assert await agrees(brand, worker, link) == len(crefs)


async def agrees(brand: Brand, worker: Worker, link: Json) -> int:
    """Figures and single clicks of one and the same moment; how many there are."""
    partner, since = UUID(link["partnerId"]), service.beginning(None)
    async with worker.database.tenant_session(brand.tenant_id, snapshot=True) as session:
        seen = await service.dashboard(session, partner, since, with_links=False)
        connection = await session.connection()
        row = (await connection.exec_driver_sql(
            "select count(*) filter (where f is null), count(f) from (select"
            " case when v.click_id is null then c.flag else v.flag end as f"
            " from clicks c left join click_verdicts v on v.click_id = c.id) as flags"
        )).one()  # fmt: skip
    assert (seen.clicks, seen.flagged_clicks) == tuple(row)
    return seen.clicks + seen.flagged_clicks
