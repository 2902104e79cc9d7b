"""Coupons: codes of partners, redeemed in shops, credited without a click."""

import asyncio
from uuid import UUID

import pytest

from tests.support.brand import Brand
from tests.support.conversions import (
    amounts,
    click,
    commissions,
    days_ago,
    explained,
    identify,
    promotion,
    report,
    visit,
)
from tests.support.coupons import listed, promoter, redeem
from tests.support.refusals import refusal
from tests.support.statements import statements


async def test_every_grant_brings_a_code_of_the_partners_name(brand: Brand) -> None:
    first, second = await brand.campaign(), await brand.campaign()
    partner = await brand.partner(email="pat.o.neill-and-friends@example.com")
    coupons = await listed(brand, partner)
    assert {coupon["campaignId"] for coupon in coupons} == {first["id"], second["id"]}
    for coupon in coupons:
        assert coupon["code"][:12] == "PATONEILLAND"
        assert len(coupon["code"]) == 16
        assert (coupon["redemptions90d"], coupon["revenue90d"]) == (0, {})


async def test_a_redemption_credits_its_partner_without_a_click(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    answer = await redeem(brand, coupon["code"])
    assert answer.status_code == 201, answer.text
    redeemed = answer.json()
    assert (redeemed["partnerId"], redeemed["replayed"]) == (partner["id"], False)
    assert await amounts(brand) == ["40.00 USD"]
    [made] = await brand.rows("clicks")
    assert (made["link_id"], made["landing_url"]) == (None, f"coupon://{coupon['code']}")
    assert (made["user_agent"], made["ip_hash"]) == ("OpenPartner-CouponRedeem/1", None)
    [event] = await brand.rows("events")
    assert made["ts"] <= event["ts"]
    [shown] = await listed(brand, partner)
    assert (shown["redemptions90d"], shown["revenue90d"]) == (1, {"USD": "200.00"})
    explanation = await explained(brand, redeemed)
    assert [seen["outcome"] for seen in explanation["clicks"]] == ["credited"]


async def test_the_same_order_counts_once_also_when_sent_at_once(brand: Brand) -> None:
    _, coupon = await promoter(brand)
    answers = await asyncio.gather(*(redeem(brand, coupon["code"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["eventId"] for answer in answers}) == 1
    # The same order may be another kind of event too.
    assert (await redeem(brand, coupon["code"], eventType="upgrade")).status_code == 201
    assert await amounts(brand) == ["40.00 USD", "40.00 USD"]


async def test_codes_are_found_however_they_are_spelled_and_are_nobody_elses(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    assert (await redeem(brand, f" {coupon['code'].lower()} ")).status_code == 201
    other = await brand.partner()
    [theirs] = await listed(brand, other)
    await brand.request("DELETE", f"/partners/{other['id']}/coupons/{theirs['id']}")
    body = {"campaignId": coupon["campaignId"], "code": coupon["code"].lower()}
    taken = (409, "code_taken_or_partner_already_has_one_for_this_campaign")
    assert refusal(await brand.post(f"/partners/{other['id']}/coupons", body)) == taken
    # Nor is a second one made for the same partner and campaign.
    mine = f"/partners/{partner['id']}/coupons"
    assert refusal(await brand.post(mine, {**body, "code": "ANOTHER"})) == taken
    made = await brand.made(f"/partners/{other['id']}/coupons", {**body, "code": "Summer-26"})
    assert made["code"] == "SUMMER-26"


async def test_s1_only_admins_and_their_servers_report_redemptions(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    as_partner = await brand.partner_headers(partner)
    assert refusal(await redeem(brand, coupon["code"], headers=as_partner)) == (403, "forbidden")
    scoped = await brand.scoped_headers("clicks:write", "links:write")
    assert refusal(await redeem(brand, coupon["code"], headers=scoped)) == (403, "forbidden_scope")
    assert await brand.rows("events") == await brand.rows("clicks") == []
    server = await brand.scoped_headers("events:write")
    assert (await redeem(brand, coupon["code"], headers=server)).status_code == 201
    assert [one["id"] for one in await listed(brand, partner, headers=as_partner)] == [coupon["id"]]
    body = {"campaignId": coupon["campaignId"]}
    path = f"/partners/{partner['id']}/coupons"
    assert refusal(await brand.post(path, body, headers=as_partner)) == (403, "forbidden")


async def test_a_click_of_the_same_partner_is_not_made_twice(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    [coupon] = await listed(brand, {"id": link["partnerId"]})
    assert (await redeem(brand, coupon["code"])).status_code == 201
    assert len(await brand.rows("clicks")) == 1
    assert await amounts(brand) == ["40.00 USD"]


async def test_a_click_that_can_not_count_is_no_reason_to_withhold_the_coupons_credit(
    brand: Brand,
) -> None:
    link = await promotion(brand, attributionWindowDays=30)
    await visit(brand, link, at=days_ago(40))
    await visit(brand, link, at=days_ago(2), flag="bot")
    [coupon] = await listed(brand, {"id": link["partnerId"]})
    await redeem(brand, coupon["code"])
    assert await amounts(brand) == ["40.00 USD"]


async def test_the_last_touch_wins_also_against_a_coupon_of_long_ago(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    await redeem(brand, coupon["code"], ts=days_ago(5).isoformat())
    campaign = {"id": coupon["campaignId"]}
    rival = await brand.partner()
    await visit(brand, await brand.link(rival, campaign), at=days_ago(1))
    await report(brand)
    whose = {one["partnerId"] for one in await commissions(brand)}
    assert whose == {partner["id"], rival["id"]}


async def test_an_order_that_was_reported_before_is_credited_once_its_coupon_is_known(
    brand: Brand,
) -> None:
    _, coupon = await promoter(brand)
    reported = await report(brand, externalId="order-1")
    answer = await redeem(brand, coupon["code"])
    assert (answer.status_code, answer.json()["eventId"]) == (200, reported["eventId"])
    assert await amounts(brand) == ["40.00 USD"]
    assert (await redeem(brand, coupon["code"])).status_code == 200
    assert await amounts(brand) == ["40.00 USD"]


async def test_a_withdrawn_code_credits_nobody_and_stays_taken(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    path = f"/partners/{partner['id']}/coupons"
    assert (await brand.request("DELETE", f"{path}/{coupon['id']}")).json() == {"ok": True}
    again = await brand.request("DELETE", f"{path}/{coupon['id']}")
    assert refusal(again) == (404, "coupon_not_found")
    assert refusal(await redeem(brand, coupon["code"])) == (404, "coupon_not_found")
    assert refusal(await redeem(brand, "NOBODYS")) == (404, "coupon_not_found")
    [shown] = await listed(brand, partner)
    assert shown["deactivatedAt"] is not None
    # Its own partner may have it back.
    body = {"campaignId": coupon["campaignId"], "code": coupon["code"]}
    assert (await brand.made(path, body))["id"] == coupon["id"]
    assert (await redeem(brand, coupon["code"])).status_code == 201


async def test_coupons_by_hand_wait_for_a_first_redemption(brand: Brand) -> None:
    campaign = await brand.campaign()
    partners = [await brand.partner() for _ in range(5)]
    last = await brand.partner(campaignIds=[])
    await brand.made(f"/partners/{last['id']}/campaigns", {"campaignIds": [campaign["id"]]})
    path, body = f"/partners/{last['id']}/coupons", {"campaignId": campaign["id"]}
    [minted] = await listed(brand, last)
    await brand.request("DELETE", f"{path}/{minted['id']}")
    refused = await brand.post(path, body)
    assert refusal(refused) == (409, "verification_required")
    assert (refused.json()["threshold"], refused.json()["existing"]) == (5, 5)
    [first] = await listed(brand, partners[0])
    await redeem(brand, first["code"])
    assert (await brand.made(path, body))["campaignId"] == campaign["id"]
    query = "select coupon_integration_verified_at from tenants where id = $1"
    [tenant] = await brand.fetch(query, brand.tenant_id)
    assert tenant[0] is not None


async def test_a_coupon_needs_a_partner_who_promotes_its_campaign(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner(campaignIds=[])
    path, body = f"/partners/{partner['id']}/coupons", {"campaignId": campaign["id"]}
    assert refusal(await brand.post(path, body)) == (404, "campaign_not_found")
    body = {"campaignId": "nothing"}
    assert refusal(await brand.post(path, body)) == (404, "campaign_not_found")
    nobody = f"/partners/{campaign['id']}/coupons"
    assert refusal(await brand.post(nobody, body)) == (404, "partner_not_found")
    assert refusal(await brand.get(nobody)) == (404, "partner_not_found")


@pytest.mark.parametrize("code", ["ab", "x" * 41, "with space", "ümlaut", ""])
async def test_a_code_is_made_of_letters_digits_and_hyphens(brand: Brand, code: str) -> None:
    partner, coupon = await promoter(brand)
    body = {"campaignId": coupon["campaignId"], "code": code}
    refused = await brand.post(f"/partners/{partner['id']}/coupons", body)
    assert refusal(refused) == (400, "invalid_body")


async def test_p4_codes_for_a_whole_program_take_one_statement(brand: Brand) -> None:
    await brand.execute(
        "insert into partners (tenant_id, id, email, name)"
        " select $1, gen_random_uuid(), 'same' || n % 3 || '@' || n || '.example', 'P'"
        " from generate_series(1, 300) n",
        brand.tenant_id,
    )
    with statements() as sent:
        await brand.campaign(grantToAllPartners=True)
    coupons = await brand.rows("coupons")
    assert len({coupon["code"] for coupon in coupons}) == len(coupons) == 300
    # One for all, and one for those whose code was drawn twice.
    assert 1 <= sum("insert into coupons" in line for line in sent) <= 3


async def test_r8_a_code_that_is_taken_leads_to_another_one(brand: Brand) -> None:
    """Sixteen bits are soon used up: codes of the same name grow until there is room."""
    campaign = await brand.campaign()
    holder = await brand.partner(email="holder@example.com", campaignIds=[])
    await brand.execute(
        "insert into coupons (tenant_id, id, partner_id, campaign_id, code, deactivated_at)"
        " select $1, gen_random_uuid(), $2, $3, 'SAME' || upper(lpad(to_hex(n), 4, '0')), now()"
        " from generate_series(0, 65535) n",
        brand.tenant_id, UUID(holder["id"]), UUID(campaign["id"]),
    )  # fmt: skip
    partner = await brand.partner(email="same@example.com")
    [coupon] = await listed(brand, partner)
    assert len(coupon["code"]) == len("SAME") + 8


async def test_p5_a_code_is_found_by_its_index(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    await brand.execute(
        "insert into coupons (tenant_id, id, partner_id, campaign_id, code, deactivated_at)"
        " select $1, gen_random_uuid(), $2, $3, 'OLD-' || n, now() from generate_series(1, 3000) n",
        brand.tenant_id, UUID(partner["id"]), UUID(coupon["campaignId"]),
    )  # fmt: skip
    connection = await brand.scratch.connect()
    try:
        await connection.execute("analyze coupons")
        plan = await connection.fetchval(
            "explain (format json) select id from coupons where tenant_id = $1 and code = $2",
            brand.tenant_id, coupon["code"],
        )  # fmt: skip
    finally:
        await connection.close()
    assert "uq_coupons_tenant_id_code" in plan


async def test_a_revoked_partners_coupon_earns_nothing_any_more(brand: Brand) -> None:
    partner, coupon = await promoter(brand)
    await brand.made(f"/partners/{partner['id']}/revoke", {"notify": False})
    assert (await redeem(brand, coupon["code"])).status_code == 201
    assert await amounts(brand) == []


async def test_another_brands_code_is_unknown_here(brand: Brand, other_brand: Brand) -> None:
    _, coupon = await promoter(other_brand)
    assert refusal(await redeem(brand, coupon["code"])) == (404, "coupon_not_found")
    await promoter(brand)
    cref = await click(other_brand, await promotion(other_brand), at=days_ago(1))
    assert (await identify(other_brand, cref))["firstStitch"]
