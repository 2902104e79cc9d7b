"""Clicks handed in from elsewhere, and decisions of admins about clicks."""

from datetime import timedelta
from typing import Any

import pytest

from shared.clock import now
from shared.visitor import cref_text, new_click_id
from tests.support.brand import Brand, Json
from tests.support.conversions import (
    amounts,
    click,
    days_ago,
    explained,
    identify,
    promotion,
    report,
    visit,
)
from tests.support.figures import shown
from tests.support.refusals import refusal

ULID = "01KAQRVZA5H9MSRNFWKBTPZ4CX"
ULID_TS = "2025-11-23T07:11:49.573Z"


def handed_in(link: Json, **changes: Any) -> Json:
    """A click of a minute ago."""
    moment = now() - timedelta(minutes=1)
    wanted = {
        "id": cref_text(new_click_id(int(moment.timestamp() * 1000))),
        "linkKey": link["linkKey"],
        "landingUrl": "https://shop.example/",
        "ts": moment.isoformat(),
    }
    return {**wanted, **changes}


async def test_a_click_handed_in_is_its_links_and_earns_like_any_other(brand: Brand) -> None:
    link = await promotion(brand)
    wanted = handed_in(link, userAgent="Mozilla", referer="https://blog.example/")
    answer = await brand.post("/clicks", wanted)
    assert (answer.status_code, answer.json()) == (201, {"ok": True, "id": wanted["id"]})
    [stored] = await brand.rows("clicks")
    assert str(stored["partner_id"]) == link["partnerId"]
    assert str(stored["campaign_id"]) == link["campaignId"]
    await identify(brand, wanted["id"])
    await report(brand)
    assert await amounts(brand) == ["40.00 USD"]


async def test_a_click_handed_in_twice_is_stored_once(brand: Brand) -> None:
    link = await promotion(brand)
    wanted = handed_in(link)
    await brand.made("/clicks", wanted)
    answer = await brand.post("/clicks", wanted)
    assert (answer.status_code, answer.json()["replayed"]) == (200, True)
    assert len(await brand.rows("clicks")) == 1


async def test_a_ulid_is_a_click_id_too_and_can_be_identified(brand: Brand) -> None:
    link = await promotion(brand)
    wanted = handed_in(link, id=ULID, ts=ULID_TS)
    assert (await brand.made("/clicks", wanted))["id"] == ULID
    assert (await identify(brand, ULID))["firstStitch"] is True
    assert (await identify(brand, ULID.lower()))["firstStitch"] is False


async def test_s1_only_admins_and_keys_made_for_it_hand_clicks_in(brand: Brand) -> None:
    partner = await brand.partner()
    link = await brand.link(partner, await brand.campaign())
    for headers, code in (
        (await brand.partner_headers(partner), "forbidden"),
        (await brand.scoped_headers("events:write"), "forbidden_scope"),
    ):
        answer = await brand.post("/clicks", handed_in(link), headers=headers)
        assert refusal(answer) == (403, code)
    scoped = await brand.scoped_headers("clicks:write")
    assert (await brand.post("/clicks", handed_in(link), headers=scoped)).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "nothing-of-a-click-id"},
        {"ts": (now() + timedelta(days=1)).isoformat()},
        {"ts": (now() - timedelta(days=1)).isoformat()},
        {"fraudFlag": "unheard"},
        {"landingUrl": "x" * 2049},
    ],
)
async def test_a_click_that_cannot_be_is_refused(brand: Brand, changes: Json) -> None:
    answer = await brand.post("/clicks", handed_in(await promotion(brand), **changes))
    assert refusal(answer) == (400, "invalid_body")


async def test_a_click_through_no_link_of_ours_is_refused(brand: Brand, other_brand: Brand) -> None:
    elsewhere = await promotion(other_brand)
    assert refusal(await brand.post("/clicks", handed_in(elsewhere))) == (404, "link_not_found")


async def test_p8_long_agents_referrers_and_addresses_fit(brand: Brand) -> None:
    long = handed_in(
        await promotion(brand),
        userAgent="M" * 1024,
        referer="https://blog.example/" + "r" * 2000,
        landingUrl="https://shop.example/" + "l" * 2000,
    )
    await brand.made("/clicks", long)
    [stored] = await brand.rows("clicks")
    assert len(stored["user_agent"]) == 1024
    assert stored["landing_url"] == long["landingUrl"]
    assert stored["referer"] == long["referer"]


async def test_a_click_flagged_by_hand_earns_nothing_from_then_on(brand: Brand) -> None:
    link = await promotion(brand)
    cref = await visit(brand, link, at=days_ago(1))
    answer = await brand.made(f"/clicks/{cref}/flag")
    assert answer == {"ok": True, "clickId": cref}
    why = await explained(brand, await report(brand))
    assert [one["outcome"] for one in why["clicks"]] == ["flagged_manual"]
    assert await amounts(brand) == []
    [stored] = await brand.rows("clicks")
    assert stored["flag"] is None
    [queued] = (await shown(brand, "/admin/clicks/flagged", reason="manual"))["clicks"]
    assert (queued["id"], queued["ruleVersion"]) == (cref, 1)
    assert queued["flaggedBy"].startswith("key:")


async def test_unflagging_credits_what_was_missed(brand: Brand) -> None:
    link = await promotion(brand)
    cref = await visit(brand, link, at=days_ago(1), flag="velocity")
    await report(brand)
    await report(brand, value="100.00")
    assert await amounts(brand) == []
    answer = await brand.made(f"/clicks/{cref}/unflag")
    assert answer == {"ok": True, "clickId": cref, "reattributedEvents": 2}
    assert await amounts(brand) == ["20.00 USD", "40.00 USD"]
    assert (await shown(brand, "/admin/clicks/flagged"))["clicks"] == []
    await report(brand)
    assert len(await amounts(brand)) == 3


async def test_a_flag_can_be_set_once_and_taken_once(brand: Brand) -> None:
    cref = await click(brand, await promotion(brand))
    assert refusal(await brand.post(f"/clicks/{cref}/unflag")) == (409, "not_flagged")
    await brand.made(f"/clicks/{cref}/flag")
    again = await brand.post(f"/clicks/{cref}/flag")
    assert refusal(again) == (409, "already_flagged")
    assert again.json()["flag"] == "manual"
    await brand.made(f"/clicks/{cref}/unflag")
    assert refusal(await brand.post(f"/clicks/{cref}/unflag")) == (409, "not_flagged")


@pytest.mark.parametrize("verb", ["flag", "unflag"])
async def test_a_click_of_another_brand_is_none(
    brand: Brand, other_brand: Brand, verb: str
) -> None:
    cref = await click(other_brand, await promotion(other_brand))
    for unknown in (cref, "nothing", cref_text(new_click_id(10**12))):
        answer = await brand.post(f"/clicks/{unknown}/{verb}")
        assert refusal(answer) == (404, "click_not_found")


async def test_m15_a_click_made_while_revoked_is_filtered_and_let_count(brand: Brand) -> None:
    link = await promotion(brand)
    cref = await visit(brand, link, at=days_ago(1), flag="revoked")
    [queued] = (await shown(brand, "/admin/clicks/flagged", reason="revoked"))["clicks"]
    assert queued["id"] == cref
    assert (await brand.made(f"/clicks/{cref}/unflag"))["reattributedEvents"] == 0
    assert (await shown(brand, "/admin/clicks/flagged"))["clicks"] == []
    await report(brand)
    assert await amounts(brand) == ["40.00 USD"]


async def test_m15_unflagging_with_approved_commissions_never_exceeds_the_whole(
    brand: Brand,
) -> None:
    campaign = await brand.campaign(attributionModel="linear")
    links = [await brand.link(await brand.partner(), campaign) for _ in range(2)]
    await visit(brand, links[0], at=days_ago(2))
    flagged = await visit(brand, links[1], at=days_ago(1), flag="velocity")
    reported = await report(brand)
    [touch] = reported["attribution"]["touches"]
    await brand.made(f"/commissions/{touch['commissionId']}/approve")
    await brand.made(f"/clicks/{flagged}/unflag")
    total = await brand.fetch(
        "select sum(weight_parts) from credits where tenant_id = $1", brand.tenant_id
    )
    assert total[0][0] == 10_000
