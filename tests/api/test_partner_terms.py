"""Terms agreed on with one partner: for what is yet to come, campaign by campaign."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.conversions import amounts, days_ago, promotion, report, visit
from tests.support.refusals import refusal

HALF = {"commissionType": "percent", "commissionValue": 50}


async def put(brand: Brand, partner: str, body: Any, **options: Any) -> httpx2.Response:
    path = f"/partners/{partner}/commission-snapshot"
    return await brand.request("PUT", path, json=body, **options)


async def shown(brand: Brand, partner: str) -> Json:
    answer = await brand.get(f"/partners/{partner}/commission-snapshot")
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


async def cleared(brand: Brand, partner: str) -> httpx2.Response:
    return await brand.request("DELETE", f"/partners/{partner}/commission-snapshot")


async def test_x13_an_amendment_prices_what_comes_and_never_what_was_earned(brand: Brand) -> None:
    link = await promotion(brand)
    partner = link["partnerId"]
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    assert (await shown(brand, partner))["snapshot"] is None
    answer = await put(brand, partner, {**HALF, "holdbackDays": 3})
    assert answer.status_code == 200, answer.text
    snapshot = answer.json()["snapshot"]
    assert snapshot == {
        "partnerId": partner, "commissionType": "percent", "commissionValue": 50.0,
        "currency": None, "recurring": True, "holdbackDays": 3, "eventTypes": [],
        "commissionRules": None, "commissionCaps": [], "approval": None,
        "source": "amendment", "snapshottedAt": snapshot["snapshottedAt"],
    }  # fmt: skip
    assert await shown(brand, partner) == answer.json()
    await report(brand)
    assert await amounts(brand) == ["100.00 USD", "40.00 USD"]
    assert (await cleared(brand, partner)).json() == {"ok": True}
    await report(brand)
    assert await amounts(brand) == ["100.00 USD", "40.00 USD", "40.00 USD"]
    assert (await shown(brand, partner))["snapshot"] is None


async def test_x13_clearing_returns_to_what_the_campaign_pays_today(brand: Brand) -> None:
    link = await promotion(brand)
    partner, campaign = link["partnerId"], link["campaignId"]
    await put(brand, partner, HALF)
    tenth = {"commissionRule": {"type": "percent", "value": 10, "recurring": True}}
    await brand.request("PATCH", f"/campaigns/{campaign}", json=tenth)
    assert (await cleared(brand, partner)).status_code == 200
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    assert await amounts(brand) == ["20.00 USD"]


async def test_clearing_leaves_a_partner_without_own_terms_at_those_of_their_day(
    brand: Brand,
) -> None:
    link = await promotion(brand)
    tenth = {"commissionRule": {"type": "percent", "value": 10, "recurring": True}}
    await brand.request("PATCH", f"/campaigns/{link['campaignId']}", json=tenth)
    assert (await cleared(brand, link["partnerId"])).status_code == 200
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    assert await amounts(brand) == ["40.00 USD"]


async def test_x13_recurring_stays_as_the_campaign_has_it_unless_named(brand: Brand) -> None:
    link = await promotion(
        brand, commissionRule={"type": "percent", "value": 10, "recurring": False}
    )
    await put(brand, link["partnerId"], HALF)
    assert (await shown(brand, link["partnerId"]))["snapshot"]["recurring"] is False
    await put(brand, link["partnerId"], {**HALF, "recurring": True})
    assert (await shown(brand, link["partnerId"]))["snapshot"]["recurring"] is True


async def test_m14_one_campaigns_terms_leave_the_others_alone(brand: Brand) -> None:
    one, other = await brand.campaign(), await brand.campaign()
    partner = (await brand.partner())["id"]
    answer = await put(brand, partner, {**HALF, "campaignId": one["id"]})
    held = {row["campaignId"]: row["snapshot"] for row in answer.json()["snapshots"]}
    assert held[one["id"]]["commissionValue"] == 50
    assert held[other["id"]] is None
    assert answer.json()["snapshot"] == held[one["id"]]
    tenth = {"commissionType": "percent", "commissionValue": 10, "campaignId": other["id"]}
    # Two that differ have nothing in common that could be shown as one.
    assert (await put(brand, partner, tenth)).json()["snapshot"] is None


async def test_a_partial_or_impossible_snapshot_is_refused(brand: Brand) -> None:
    link = await promotion(brand)
    partner, before = link["partnerId"], await shown(brand, link["partnerId"])
    for body in (
        {"commissionType": "percent"}, {"commissionValue": 10}, {}, {**HALF, "commissionValue": -1},
        {**HALF, "commissionValue": 101}, {**HALF, "holdbackDays": 1.5},
        {**HALF, "holdbackDays": -1}, {**HALF, "commissionType": "share"}, {**HALF, "x": 1},
    ):  # fmt: skip
        assert refusal(await put(brand, partner, body)) == (400, "invalid_body"), body
    fixed = {"commissionType": "fixed", "commissionValue": "5.00"}
    assert refusal(await put(brand, partner, fixed)) == (400, "event_types_missing")
    yen = {**fixed, "eventTypes": ["signup"], "currency": "JPY", "commissionValue": "5.50"}
    assert refusal(await put(brand, partner, yen)) == (400, "invalid_body")
    assert await shown(brand, partner) == before


async def test_terms_need_a_partner_who_promotes_something(brand: Brand) -> None:
    lonely = (await brand.partner(campaignIds=[]))["id"]
    assert refusal(await put(brand, lonely, HALF)) == (404, "grant_not_found")
    await brand.campaign()
    for campaign in (str(new_id()), "no id"):
        body = {**HALF, "campaignId": campaign}
        assert refusal(await put(brand, lonely, body)) == (404, "grant_not_found")
    nobody = str(new_id())
    assert refusal(await put(brand, nobody, HALF)) == (404, "partner_not_found")
    assert refusal(await cleared(brand, nobody)) == (404, "partner_not_found")
    gone = await brand.get(f"/partners/{nobody}/commission-snapshot")
    assert refusal(gone) == (404, "partner_not_found")


async def test_partners_see_their_terms_and_change_none(brand: Brand) -> None:
    link = await promotion(brand)
    pat = await brand.partner_headers({"id": link["partnerId"]})
    path = f"/partners/{link['partnerId']}/commission-snapshot"
    assert (await brand.get(path, headers=pat)).status_code == 200
    assert refusal(await put(brand, link["partnerId"], HALF, headers=pat)) == (403, "forbidden")


async def test_many_amendments_at_once_leave_one_of_them(brand: Brand) -> None:
    link = await promotion(brand)
    wanted = [{**HALF, "commissionValue": value} for value in range(1, 9)]
    answers = await asyncio.gather(*(put(brand, link["partnerId"], body) for body in wanted))
    assert {answer.status_code for answer in answers} == {200}
    snapshot = (await shown(brand, link["partnerId"]))["snapshot"]
    assert snapshot["commissionValue"] in range(1, 9)


@pytest.mark.parametrize("times", [1, 2])
async def test_the_backfill_finds_that_every_grant_has_terms(brand: Brand, times: int) -> None:
    link = await promotion(brand)
    await brand.partner(campaignIds=[])
    gone = await brand.partner()
    await brand.made(f"/partners/{gone['id']}/revoke")
    terms = await brand.rows("terms")
    for _ in range(times):
        found = await brand.made("/partners/backfill-commission-snapshots")
    assert found == {
        "scanned": 2, "inserted": 0, "ambiguous": 0, "alreadyHadSnapshot": 1, "noCampaignRule": 1,
    }  # fmt: skip
    assert await brand.rows("terms") == terms
    [grant] = [
        row for row in await brand.rows("grants") if row["partner_id"] == UUID(link["partnerId"])
    ]
    assert grant["terms_id"] == terms[0]["id"]
