"""A rule is tried on the past before it is switched on, and nothing is changed by it."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.visitor import clicked_at, new_click_id
from tests.support.brand import Brand, Json
from tests.support.conversions import amounts, days_ago, identify, promotion, report
from tests.support.digest import digest
from tests.support.refusals import refusal


async def visits(brand: Brand, link: Json, *stored: Json, apart: float = 1.0) -> list[str]:
    """Clicks of yesterday, with these columns, so many seconds apart."""
    crefs, moment = [], days_ago(1)
    for columns in stored:
        moment += timedelta(seconds=apart)
        cref = UUID(bytes=new_click_id(int(moment.timestamp() * 1000)))
        given = {"ip_hash": "line", "user_agent": "Browser", "referer": None, "flag": None}
        given |= columns
        await brand.execute(
            "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url,"
            " ip_hash, user_agent, referer, flag, signals)"
            " values ($1, $2, $3, $4, $5, $6, '', $7, $8, $9, $10, $11)",
            brand.tenant_id, cref, clicked_at(cref), UUID(link["id"]), UUID(link["partnerId"]),
            UUID(link["campaignId"]), given["ip_hash"], given["user_agent"], given["referer"],
            given["flag"], json.dumps(columns["signals"]) if "signals" in columns else None,
        )  # fmt: skip
        crefs.append(str(cref))
    return crefs


async def tried(brand: Brand, rule: str, days: int = 30, **settings: Any) -> Json:
    body = {"rule": rule, "days": days, "settings": settings}
    return await brand.made("/fraud/backtest", body)


async def test_it_tells_clicks_partners_money_and_samples_and_changes_nothing(
    brand: Brand,
) -> None:
    link = await promotion(brand)
    crefs = await visits(brand, link, *[{"user_agent": f"Browser {n}"} for n in range(5)])
    await identify(brand, crefs[-1])
    await report(brand)
    connection = await brand.scratch.connect()
    try:
        await connection.execute("update api_keys set last_used_at = now() + interval '1 day'")
        before = await digest(connection, brand.tenant_id)
        found = await tried(brand, "velocity", max=3)
        assert await digest(connection, brand.tenant_id) == before
    finally:
        await connection.close()
    assert (found["clicks"], found["wouldFlag"], found["newlyFlagged"]) == (5, 2, 2)
    assert found["settings"] == {"max": 3, "windowSeconds": 60}
    assert found["partners"] == [{"partnerId": link["partnerId"], "clicks": 5, "wouldFlag": 2}]
    assert found["money"] == [
        {"currency": "USD", "accrued": "40.00", "approved": "0.00", "paid": "0.00"}
    ]
    assert [one["id"] for one in found["samples"]] == crefs[:2:-1]
    assert (await tried(brand, "velocity"))["wouldFlag"] == 0
    assert await amounts(brand) == ["40.00 USD"]


async def test_what_is_flagged_already_is_not_new(brand: Brand) -> None:
    link = await promotion(brand)
    crefs = await visits(brand, link, {}, {}, {"flag": "duplicate"}, {})
    await brand.made(f"/clicks/{crefs[3]}/flag")
    found = await tried(brand, "duplicate", seconds=2)
    assert (found["wouldFlag"], found["newlyFlagged"]) == (3, 1)


@pytest.mark.parametrize(
    ("rule", "told", "stored", "fits"),
    [
        ("bot", {}, [{"flag": "bot"}, {"signals": {"also": ["bot"]}}, {"flag": "prefetch"}], 2),
        ("prefetch", {}, [{"flag": "prefetch"}, {"signals": {"also": ["bot"]}}, {}], 1),
        ("datacenter", {}, [{"signals": {"datacenter": "Cloud"}}, {"signals": {"ad": "x"}}, {}], 1),
        (
            "banned_referrer",
            {"hosts": ["spam.example"]},
            [
                {"referer": "https://spam.example/x"},
                {"referer": "https://a.SPAM.example.:443/?y"},
                {"referer": "https://notspam.example/"},
                {"referer": "https://good.example/?u=https://spam.example/"},
            ],
            2,
        ),
        ("duplicate", {"seconds": 5}, [{}, {"flag": "bot"}, {}, {"ip_hash": "other"}], 1),
    ],
)
async def test_each_rule_finds_what_it_would_hold_back(
    brand: Brand, rule: str, told: Json, stored: list[Json], fits: int
) -> None:
    await visits(brand, await promotion(brand), *stored)
    found = await tried(brand, rule, **told)
    assert (found["clicks"], found["wouldFlag"]) == (len(stored), fits)


async def test_paid_traffic_is_held_against_campaigns_without_paid_ads(brand: Brand) -> None:
    link = await promotion(brand)
    await visits(brand, link, {"signals": {"ad": "gclid"}}, {"signals": {"ad": "fbclid"}}, {})
    assert (await tried(brand, "paid_traffic"))["wouldFlag"] == 0
    await brand.made(f"/campaigns/{link['campaignId']}/tracking", {"paidAds": False})
    assert (await tried(brand, "paid_traffic"))["wouldFlag"] == 1
    found = await tried(brand, "paid_traffic", parameters=["gclid", "fbclid"])
    assert found["wouldFlag"] == 2


async def test_self_referral_is_found_by_ids_and_addresses(brand: Brand) -> None:
    await brand.made("/config/fraud", {"self_referral": {"enabled": False}})
    link = await brand.link(await brand.partner(email="pat@shop.example"), await brand.campaign())
    one, two, three = await visits(brand, link, {}, {}, {}, apart=60)
    await identify(brand, one, "Pat+1@shop.example")
    await identify(brand, two, "customer-2")
    await identify(brand, three, "customer-3")
    await report(brand, "customer-2", metadata={"a": {"email": "pat@shop.example"}})
    found = await tried(brand, "self_referral")
    assert {one["id"] for one in found["samples"]} == {one, two}


async def test_only_the_days_that_were_asked_for_are_looked_at(brand: Brand) -> None:
    link = await promotion(brand)
    await visits(brand, link, {}, {})
    assert (await tried(brand, "duplicate", days=1))["clicks"] <= 2
    assert (await tried(brand, "duplicate", days=2))["clicks"] == 2


@pytest.mark.parametrize("body", [{"rule": "revoked"}, {"rule": "bot", "days": 0}, {"rule": "x"}])
async def test_a_question_that_makes_no_sense_is_refused(brand: Brand, body: Json) -> None:
    assert refusal(await brand.post("/fraud/backtest", body)) == (400, "invalid_body")
