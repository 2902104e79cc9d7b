"""Days of clicks rolled up: whatever happens, figures are those of the single clicks."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from shared.clock import now
from shared.ids import new_id
from shared.models.click import Click
from shared.visitor import clicked_at, new_click_id
from tests.support.brand import Brand, Json
from tests.support.conversions import click, days_ago, promotion
from tests.support.figures import shown
from tests.support.working import Worker

A_CLICK = (
    "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url, flag)"
    " values ($1, $2, $3, $4, $5, $6, '', $7)"
)


async def come(brand: Brand, links: list[Json], random: Random, count: int) -> list[str]:
    """Clicks of the last days, in no order, some of them flagged."""
    crefs, rows = [], []
    for _ in range(count):
        link = random.choice(links)
        moment = now() - timedelta(seconds=random.uniform(0, 5 * 86_400))
        cref = UUID(bytes=new_click_id(int(moment.timestamp() * 1000)))
        flag = random.choice([None, None, None, "bot", "velocity"])
        ids = (UUID(link["id"]), UUID(link["partnerId"]), UUID(link["campaignId"]))
        rows.append((brand.tenant_id, cref, clicked_at(cref), *ids, flag))
        crefs.append(str(cref))
    connection = await brand.scratch.connect()
    try:
        await connection.executemany(A_CLICK, rows)
    finally:
        await connection.close()
    return crefs


async def some_time_passes(brand: Brand) -> None:
    """As if all that is there had come, and been rolled up, three minutes earlier."""
    await brand.execute("alter table clicks disable trigger append_only")
    await brand.execute(
        "update clicks set stored_at = stored_at - interval '3 minutes' where tenant_id = $1",
        brand.tenant_id,
    )
    await brand.execute(
        "update click_rollups set rolled_until = rolled_until - interval '3 minutes'"
        " where tenant_id = $1",
        brand.tenant_id,
    )
    await brand.execute("alter table clicks enable trigger append_only")


async def raw(brand: Brand, since: datetime) -> list[tuple[str, int, int]]:
    """The truth, by link."""
    rows = await brand.fetch(
        "select c.link_id, count(*) filter (where f is null) as counted, count(*) as clicks"
        " from clicks c left join click_verdicts v on v.tenant_id = c.tenant_id"
        " and v.click_id = c.id cross join lateral"
        " (select case when v.click_id is null then c.flag else v.flag end as f) as flags"
        " where c.tenant_id = $1 and c.ts >= $2 group by 1",
        brand.tenant_id, since,
    )  # fmt: skip
    return sorted((str(row[0]), row[1], row[2] - row[1]) for row in rows)


async def agree(brand: Brand, links: list[Json], since: datetime) -> None:
    """What partners and admins see is what there is."""
    truth = {link: (counted, flagged) for link, counted, flagged in await raw(brand, since)}
    for link in links:
        counted, flagged = truth.get(link["id"], (0, 0))
        path = f"/partners/{link['partnerId']}/dashboard"
        seen = await shown(brand, path, since=since.isoformat(), includeLinks="true")
        assert (seen["clicks"], seen["flaggedClicks"]) == (counted, flagged)
        assert [one["clicks"] for one in seen["links"]] == [counted]


@pytest.mark.parametrize("seed", range(3))
async def test_rolled_up_and_raw_clicks_add_up_to_all_of_them(
    brand: Brand, worker: Worker, seed: int
) -> None:
    random = Random(seed)  # for tests, and the same every time
    campaign = await brand.campaign()
    links = [await brand.link(await brand.partner(), campaign) for _ in range(2)]
    crefs: list[str] = []
    for _ in range(4):
        crefs += await come(brand, links, random, 60)
        for cref in random.sample(crefs, 5):
            await brand.post(f"/clicks/{cref}/{random.choice(['flag', 'unflag'])}")
        if random.random() < 0.8:
            await some_time_passes(brand)
            assert await worker.act("click-rollup") == 0
        midnight = days_ago(3).replace(hour=0, minute=0, second=0, microsecond=0)
        for since in (midnight, days_ago(random.uniform(0, 6)), days_ago(30)):
            await agree(brand, links, since.astimezone(UTC))
    assert await brand.rows("click_days")
    overview = await shown(brand, "/admin/overview")
    truth = await raw(brand, days_ago(30))
    assert overview["totals"]["clicks"] == sum(counted for _, counted, _ in truth)
    assert overview["totals"]["flaggedClicks"] == sum(flagged for _, _, flagged in truth)
    assert {one["id"]: one["clicks"] for one in overview["partners"]} == {
        link["partnerId"]: {row[0]: row[1] for row in truth}[link["id"]] for link in links
    }


async def test_figures_outlive_the_clicks(brand: Brand, worker: Worker) -> None:
    link = await promotion(brand)
    for days in (1, 2):
        await click(brand, link, at=days_ago(400 + days))
    await click(brand, link)
    await some_time_passes(brand)
    await worker.act("click-rollup")
    kept = await brand.made("/config/privacy", {"clickRetentionMonths": 13})
    assert kept["clicksKeptMonths"] == 13
    await worker.act("click-expiry")
    assert len(await brand.rows("clicks")) == 1
    path = f"/partners/{link['partnerId']}/dashboard"
    seen = await shown(brand, path, since=days_ago(500).isoformat())
    assert seen["clicks"] == 3


async def test_verdicts_go_with_clicks_that_went_with_their_month(
    brand: Brand, worker: Worker
) -> None:
    for days in (450, 1):
        await brand.execute(
            "insert into click_verdicts (tenant_id, click_id, click_ts, flag, rule_version, source)"
            " select $1, $2, $3, 'manual', 1, 'admin'"
            " from (select set_config('app.tenant_id', ($1::uuid)::text, true)) as pinned",
            brand.tenant_id, new_id(), days_ago(days),
        )  # fmt: skip
    await brand.made("/config/privacy", {"clickRetentionMonths": 13})
    await worker.act("click-expiry")
    [kept] = await brand.rows("click_verdicts")
    assert kept["click_ts"] > days_ago(2)


async def test_clicks_that_are_handed_in_while_days_are_rolled_up_are_counted_once(
    brand: Brand, worker: Worker
) -> None:
    """Who writes clicks in a long transaction holds the roll-up back."""
    link = await promotion(brand)
    await click(brand, link)
    await some_time_passes(brand)
    async with worker.database.tenant_session(brand.tenant_id) as session:
        session.add(
            Click(
                ts=now(),
                link_id=UUID(link["id"]),
                partner_id=UUID(link["partnerId"]),
                campaign_id=UUID(link["campaignId"]),
                landing_url="",
            )
        )
        await session.flush()
        await worker.act("click-rollup")
        assert await brand.rows("click_days") == []
    await worker.act("click-rollup")
    seen = await shown(brand, f"/partners/{link['partnerId']}/dashboard")
    assert seen["clicks"] == 2
