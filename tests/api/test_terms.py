"""Terms at work: what a credited click earns, and when it earns nothing."""

import asyncio

import pytest

from tests.support.brand import Brand, Json
from tests.support.conversions import (
    amounts,
    commissions,
    days_ago,
    explained,
    promotion,
    report,
    three_partners,
    visit,
)
from tests.support.ledger import wrongs

TENTH_ONCE = {"type": "percent", "value": 10, "recurring": False}


async def test_m10_thirds_of_a_cent_always_add_up(brand: Brand) -> None:
    rule = {"type": "percent", "value": 100, "recurring": True}
    await three_partners(brand, attributionModel="linear", commissionRule=rule)
    for value, shares in (
        ("0.01", ["0.01 USD"]),
        ("0.02", ["0.01 USD", "0.01 USD"]),
        ("100.00", ["33.33 USD", "33.33 USD", "33.34 USD"]),
    ):
        before = {one["id"] for one in await commissions(brand)}
        reported = await report(brand, value=value)
        assert sum(
            touch["weight"] for touch in reported["attribution"]["touches"]
        ) == pytest.approx(1, abs=1e-12)
        fresh = [one for one in await commissions(brand) if one["id"] not in before]
        assert sorted(f"{one['amount']} USD" for one in fresh) == shares


async def test_m9_terms_that_are_not_recurring_pay_once_for_a_customer(brand: Brand) -> None:
    link = await promotion(brand, commissionRule=TENTH_ONCE)
    await visit(brand, link, "ann", at=days_ago(1))
    await visit(brand, link, "bob", at=days_ago(1))
    await report(brand, "ann", value="1.00")
    second = await report(brand, "ann", value="9.00")
    await report(brand, "bob", value="2.00")
    assert await amounts(brand) == ["0.10 USD", "0.20 USD"]
    [credit] = (await explained(brand, second))["credits"]
    assert credit["commission"] == "paid_once_already"
    assert second["attribution"]["touches"][0]["commissionId"] is None
    # What was reversed hasn't been paid.
    [first] = [one for one in await commissions(brand) if one["userId"] == "ann"]
    await brand.made(f"/commissions/{first['id']}/reverse")
    await report(brand, "ann", value="9.00")
    assert await amounts(brand, status="accrued") == ["0.20 USD", "0.90 USD"]


async def test_what_was_refunded_was_not_paid_once_whether_before_or_after_its_payout(
    brand: Brand,
) -> None:
    await visit(brand, await promotion(brand, commissionRule=TENTH_ONCE), at=days_ago(1))
    await report(brand, value="50.00", externalId="first")
    [first] = await commissions(brand)
    await brand.made(f"/commissions/{first['id']}/approve", {})
    await brand.made("/payouts/run", {})
    await report(brand, type="refund", value=None, corrects="first")
    await report(brand, value="30.00")
    assert [one["net"] for one in await commissions(brand)] == ["3.00", "0.00"]
    assert await wrongs(brand) == []


async def test_m9_events_at_once_are_paid_once_too(brand: Brand) -> None:
    await visit(brand, await promotion(brand, commissionRule=TENTH_ONCE), at=days_ago(1))
    await asyncio.gather(*(report(brand, value="1.00") for _ in range(10)))
    assert await amounts(brand) == ["0.10 USD"]


async def test_m9_a_fixed_rule_pays_for_the_events_it_names_in_its_own_currency(
    brand: Brand,
) -> None:
    rule = {"type": "fixed", "value": 1500, "currency": "JPY", "eventTypes": ["signup"]}
    await visit(brand, await promotion(brand, commissionRule=rule), at=days_ago(1))
    signup = {"type": "signup", "value": None}
    for event in (signup, signup, {}, {"type": "trial_started"}):
        await report(brand, **event)
    assert await amounts(brand) == ["1500 JPY"]


async def test_m9_nothing_earned_makes_no_commission(brand: Brand) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    reported = await report(brand, type="signup", value=None)
    [touch] = reported["attribution"]["touches"]
    assert touch["commissionId"] is None
    assert await commissions(brand) == []
    [credit] = (await explained(brand, reported))["credits"]
    assert credit["commission"] == "zero_amount"


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({"startsAt": days_ago(-1).isoformat()}, "campaign_not_started"),
        ({"endsAt": days_ago(0.5).isoformat()}, "campaign_ended"),
    ],
)
async def test_m13_events_outside_a_campaigns_dates_are_credited_and_earn_nothing(
    brand: Brand, dates: Json, reason: str
) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    path = f"/campaigns/{link['campaignId']}"
    assert (await brand.request("PATCH", path, json=dates)).status_code == 200
    reported = await report(brand)
    assert reported["attribution"]["status"] == "attributed"
    [credit] = (await explained(brand, reported))["credits"]
    assert credit["commission"] == reason
    assert await commissions(brand) == []


async def test_m14_a_partners_own_terms_re_price_one_campaign_only(brand: Brand) -> None:
    one, other = await brand.campaign(), await brand.campaign()
    partner = await brand.partner(
        campaignIds=[one["id"]],
        commissionSnapshot={"commissionType": "percent", "commissionValue": 50},
    )
    await visit(brand, await brand.link(partner, one), "ann", at=days_ago(1))
    await visit(brand, await brand.link(partner, other), "bob", at=days_ago(1))
    await report(brand, "ann")
    await report(brand, "bob")
    assert await amounts(brand) == ["100.00 USD", "40.00 USD"]


async def test_an_edited_campaign_re_prices_no_grant_and_no_past_commission(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    change = {"commissionRule": {"type": "percent", "value": 90, "recurring": True}}
    await brand.request("PATCH", f"/campaigns/{link['campaignId']}", json=change)
    await report(brand)
    assert await amounts(brand) == ["40.00 USD", "40.00 USD"]


async def test_a_click_of_an_ended_grant_still_earns_by_it(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    path = f"/partners/{link['partnerId']}/campaigns/{link['campaignId']}"
    assert (await brand.request("DELETE", path)).status_code < 300
    await report(brand)
    assert await amounts(brand) == ["40.00 USD"]
