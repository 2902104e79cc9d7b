"""Flags of several router processes, settled to what one process would have said."""

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from router.directory import Campaign, Link, Partner
from router.flags import Flags, Visit
from shared.clock import now
from shared.ids import new_id
from shared.visit_rules import USUAL
from shared.visitor import clicked_at, cref_text, new_click_id
from tests.router.running import BROWSER, running
from tests.router.shop import open_shop
from tests.support.brand import Brand, Json
from tests.support.conversions import explained, identify, promotion, report
from tests.support.databases import Scratch
from tests.support.figures import shown
from tests.support.working import Worker

MOST, SPAN = 20, 60.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One visit, when and by whom; `brings` is the number of the hit whose cookie comes back."""

    at: datetime
    link: int
    line: int
    agent: str
    brings: int | None
    cref: bytes

    @property
    def ts(self) -> datetime:
        return clicked_at(UUID(bytes=self.cref))


def traffic(random: Random, count: int) -> list[Hit]:
    """A burst on two links by a few lines and browsers, some with cookies, and a crawler among them."""
    moment, hits = now() - timedelta(minutes=10), []
    for number in range(count):
        moment += timedelta(milliseconds=random.choice([1, 5, 40, 200, 700, 700, 2000, 12000]))
        hits.append(
            Hit(
                at=moment,
                link=random.choice([0, 0, 0, 1]),
                line=random.choice([0, 0, 0, 1, 2]),
                agent=random.choice(["", f"{BROWSER} a", f"{BROWSER} b", f"{BROWSER} c"]),
                brings=random.randrange(number) if number and random.random() < 0.2 else None,
                cref=new_click_id(int(moment.timestamp() * 1000)),
            )
        )
    return hits


def judged(hits: list[Hit], processes: list[int], links: list[Link]) -> list[str | None]:
    """What routers say when each hit goes to the process of that number."""
    routers = {process: Flags(MOST, SPAN) for process in set(processes)}
    flags = []
    for hit, process in zip(hits, processes, strict=True):
        seconds, link = hit.ts.timestamp(), links[hit.link]
        cref = cref_text(hits[hit.brings].cref) if hit.brings is not None else None
        visit = Visit(f"line-{hit.line}", hit.agent, cref, False, None, "", None, seconds)
        flags.append(routers[process].of(link, USUAL, visit).flag)
        routers[process].issued(link, cref_text(hit.cref), seconds)
    return flags


async def store(
    brand: Brand, link_ids: list[str], link: Json, hits: list[Hit], flags: list[str | None]
) -> None:
    connection = await brand.scratch.connect()
    try:
        await connection.executemany(
            "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url,"
            " ip_hash, user_agent, flag, signals) values ($1, $2, $3, $4, $5, $6, '', $7, $8, $9, $10)",
            [
                (
                    brand.tenant_id, UUID(bytes=hit.cref), hit.ts, UUID(link_ids[hit.link]),
                    UUID(link["partnerId"]), UUID(link["campaignId"]), f"line-{hit.line}",
                    hit.agent or None, flag,
                    json.dumps({"prev": cref_text(hits[hit.brings].cref)})
                    if hit.brings is not None else None,
                )
                for hit, flag in zip(hits, flags, strict=True)
            ],
        )  # fmt: skip
    finally:
        await connection.close()


async def settled_flags(brand: Brand, hits: list[Hit]) -> list[str | None]:
    rows = await brand.fetch(
        "select c.id, case when v.click_id is null then c.flag else v.flag end as flag from clicks c"
        " left join click_verdicts v on v.tenant_id = c.tenant_id and v.click_id = c.id"
        " where c.tenant_id = $1",
        brand.tenant_id,
    )
    by_id = {row["id"].bytes: row["flag"] for row in rows}
    return [by_id[hit.cref] for hit in hits]


@pytest.mark.parametrize("seed", range(6))
async def test_settled_flags_are_those_of_one_process(
    brand: Brand, worker: Worker, seed: int
) -> None:
    random = Random(seed)  # for tests, and the same every time
    link = await promotion(brand)
    partner, campaign = Partner(UUID(link["partnerId"])), Campaign(UUID(link["campaignId"]))
    link_ids = [link["id"], str(new_id())]
    links = [Link(UUID(one).bytes, partner, campaign) for one in link_ids]
    hits = traffic(random, 300)
    alone = judged(hits, [0] * len(hits), links)
    spread = judged(hits, [random.randrange(4) for _ in hits], links)
    assert {"velocity", "duplicate", "bot", None} == set(alone)
    assert alone != spread
    # A process that sees a part of the visits never holds back what one that sees all lets pass.
    assert all(a is not None for a, s in zip(alone, spread, strict=True) if s is not None)
    await store(brand, link_ids, link, hits, spread)
    assert await worker.act("click-settlement") == 0
    assert await settled_flags(brand, hits) == alone
    assert await worker.act("click-settlement") == 0
    assert await settled_flags(brand, hits) == alone


async def test_clicks_that_come_late_settle_those_that_were_there(
    brand: Brand, worker: Worker
) -> None:
    """As after an outage, when a journal is drained."""
    link = await promotion(brand)
    partner, campaign = Partner(UUID(link["partnerId"])), Campaign(UUID(link["campaignId"]))
    links = [Link(UUID(link["id"]).bytes, partner, campaign)]
    hits = [replace(hit, link=0) for hit in traffic(Random(7), 120)]  # as above
    alone = judged(hits, [0] * len(hits), links)
    numbers = [number % 2 for number in range(len(hits))]
    spread = judged(hits, numbers, links)
    for wanted in (1, 0):
        chosen = [i for i, number in enumerate(numbers) if number == wanted]
        await store_some(brand, link, hits, spread, chosen)
        assert await worker.act("click-settlement") == 0
    assert await settled_flags(brand, hits) == alone


async def store_some(
    brand: Brand, link: Json, hits: list[Hit], flags: list[str | None], chosen: list[int]
) -> None:
    connection = await brand.scratch.connect()
    try:
        for i in chosen:
            brings = hits[i].brings
            await connection.execute(
                "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url,"
                " ip_hash, user_agent, flag, signals)"
                " values ($1, $2, $3, $4, $5, $6, '', $7, $8, $9, $10)",
                brand.tenant_id, UUID(bytes=hits[i].cref), hits[i].ts, UUID(link["id"]),
                UUID(link["partnerId"]), UUID(link["campaignId"]), f"line-{hits[i].line}",
                hits[i].agent or None, flags[i],
                None if brings is None else json.dumps({"prev": cref_text(hits[brings].cref)}),
            )  # fmt: skip
    finally:
        await connection.close()


async def test_three_routers_agree_with_one_after_settling(
    scratch: Scratch, worker: Worker
) -> None:
    shop = await open_shop(scratch)
    path = await shop.link()
    async with AsyncExitStack() as stack:
        routers = [await stack.enter_async_context(running(scratch.urls.router)) for _ in range(3)]
        for hit in range(30):
            response = await routers[hit % 3].get(path, user_agent=f"{BROWSER} {hit}")
            assert response.status_code == 302
        # The same browser on another router, which has never seen it.
        await routers[1].get(path, user_agent=f"{BROWSER} 0")
    assert await shop.flags() == [None] * 31
    assert await worker.act("click-settlement") == 0
    rows = await shop.fetch(
        "select v.flag from clicks c left join click_verdicts v on v.click_id = c.id"
        " where c.tenant_id = $1 order by c.ts, c.id",
        shop.tenant,
    )
    flags = [row["flag"] for row in rows]
    assert flags == [None] * 20 + ["velocity"] * 11


async def seen_by_others(brand: Brand, link: Json, count: int) -> list[str]:
    """Visits of one line that different processes took for the first."""
    moment, crefs = now() - timedelta(seconds=30), []
    connection = await brand.scratch.connect()
    try:
        for number in range(count):
            cref = new_click_id(int(moment.timestamp() * 1000) + number * 10)
            crefs.append(cref_text(cref))
            await connection.execute(
                "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id,"
                " landing_url, ip_hash, user_agent) values ($1, $2, $3, $4, $5, $6, '', 'line', $7)",
                brand.tenant_id, UUID(bytes=cref), clicked_at(UUID(bytes=cref)), UUID(link["id"]),
                UUID(link["partnerId"]), UUID(link["campaignId"]), f"Browser {number}",
            )  # fmt: skip
    finally:
        await connection.close()
    return crefs


async def test_a_click_is_settled_before_anybody_is_credited_for_it(brand: Brand) -> None:
    """No job has run yet."""
    crefs = await seen_by_others(brand, await promotion(brand), MOST + 1)
    await identify(brand, crefs[-1])
    why = await explained(brand, await report(brand))
    assert [one["outcome"] for one in why["clicks"]] == ["flagged_velocity"]
    [queued] = (await shown(brand, "/admin/clicks/flagged"))["clicks"]
    assert (queued["id"], queued["flaggedBy"]) == (crefs[-1], "settlement")


async def test_a_rule_that_is_off_settles_nothing_and_an_admins_word_stays(
    brand: Brand, worker: Worker
) -> None:
    link = await promotion(brand)
    await brand.made("/config/fraud", {"velocity": {"enabled": False}})
    crefs = await seen_by_others(brand, link, MOST + 2)
    await worker.act("click-settlement")
    assert await brand.rows("click_verdicts") == []
    await brand.made("/config/fraud", {"velocity": {"enabled": True}})
    await brand.made(f"/clicks/{crefs[-1]}/flag")
    await brand.made(f"/clicks/{crefs[-1]}/unflag")
    await worker.act("click-settlement")
    found = {str(row["click_id"]): row["flag"] for row in await brand.rows("click_verdicts")}
    assert found == {crefs[-2]: "velocity", crefs[-1]: None}
