"""Refunds and disputes that merchants report as events, for those whose payments aren't at Stripe."""

from typing import Any

import pytest

from tests.api.test_corrections import approve, only, pay, sold
from tests.support.brand import Brand, Json
from tests.support.conversions import promotion, report, visit
from tests.support.ledger import books
from tests.support.refusals import refusal


async def correct(brand: Brand, kind: str = "refund", **changes: Any) -> Json:
    wanted: Json = {"type": kind, "corrects": "order-1", "value": None, **changes}
    correction: Json = (await report(brand, **wanted))["correction"]
    return correction


async def test_m8_refunds_in_parts_take_what_their_sum_says(brand: Brand) -> None:
    await sold(brand)
    for number, value in enumerate(("66.67", "66.67", "0.01")):
        assert await correct(brand, value=value, externalId=f"r{number}") == {"status": "applied"}
    one = await only(brand)
    assert (one["clawedBack"], one["net"], one["status"]) == ("26.67", "13.33", "accrued")
    await correct(brand, value="66.65", externalId="r4")
    one = await only(brand)
    assert (one["clawedBack"], one["status"], one["reversedBy"]) == (
        "40.00",
        "reversed",
        "correction",
    )
    assert await books(brand) == {}


async def test_a_repeated_refund_event_takes_nothing_twice(brand: Brand) -> None:
    await sold(brand)
    for replayed in (False, True):
        wanted = {"type": "refund", "corrects": "order-1", "value": "50.00", "externalId": "r1"}
        answer = await report(brand, **wanted)
        assert answer["replayed"] is replayed
        assert answer["correction"] == {"status": "applied"}
    assert (await only(brand))["net"] == "30.00"


async def test_a_refund_waits_for_its_sale(brand: Brand) -> None:
    assert await correct(brand, value="50.00", externalId="r1") == {"status": "waiting"}
    [waiting] = (await brand.get("/corrections", params={"state": "waiting"})).json()["corrections"]
    assert (waiting["key"], waiting["references"], waiting["eventIds"]) == ("r1", ["order-1"], [])
    await sold(brand)
    assert (await only(brand))["net"] == "30.00"
    [applied] = (await brand.get("/corrections")).json()["corrections"]
    assert applied["state"] == "applied"


async def test_a_sale_is_refunded_before_anybody_is_known_to_have_brought_it(brand: Brand) -> None:
    link = await promotion(brand)
    await report(brand, externalId="order-1")
    await correct(brand, value="50.00", externalId="r1")
    await visit(brand, link)
    assert await books(brand) == {}
    link = await promotion(brand)
    assert (await brand.get("/commissions")).json()["commissions"] == []


async def test_a_refund_that_waits_too_long_is_in_sight(brand: Brand) -> None:
    await correct(brand, value="50.00", externalId="r1")
    await brand.execute("alter table corrections disable trigger append_only")
    await brand.execute(
        "update corrections set created_at = now() - interval '31 days' where tenant_id = $1",
        brand.tenant_id,
    )
    await brand.execute("alter table corrections enable trigger append_only")
    for state, count in {"waiting": 0, "overdue": 1, "applied": 0}.items():
        found = (await brand.get("/corrections", params={"state": state})).json()["corrections"]
        assert len(found) == count


@pytest.mark.parametrize(
    ("end", "after"),
    [
        ("dispute_won", {"pending": 4000, "expense": -4000}),
        ("dispute_lost", {}),
        ("chargeback", {}),
    ],
)
async def test_a_dispute_holds_what_was_earned_until_it_ends(
    brand: Brand, end: str, after: dict[str, int]
) -> None:
    await sold(brand)
    await correct(brand, "dispute_created")
    assert await books(brand) == {"held": 4000, "expense": -4000}
    await correct(brand, end)
    assert await books(brand) == after


async def test_m8_after_the_payout_the_partner_owes_it(brand: Brand) -> None:
    await sold(brand)
    await approve(brand)
    await pay(brand)
    await correct(brand, value="100.00", externalId="r1")
    one = await only(brand)
    assert (one["status"], one["clawedBack"]) == ("paid", "20.00")
    partner = f"/partners/{one['partnerId']}"
    [balance] = (await brand.get(f"{partner}/balance")).json()["balances"]
    assert (balance["available"], balance["paid"], balance["earned"]) == (
        "-20.00",
        "40.00",
        "20.00",
    )
    [carried] = (await brand.get(f"{partner}/adjustments")).json()["adjustments"]
    assert (carried["kind"], carried["amount"], carried["payoutId"]) == ("clawback", "-20.00", None)
    assert (await brand.made("/payouts/run"))["payouts"] == []


async def test_a_part_is_given_in_the_currency_of_its_sale(brand: Brand) -> None:
    await sold(brand)
    event = {"userId": "customer", "type": "refund", "value": "5", "currency": "EUR"}
    answer = await brand.post("/attribution/events", {**event, "corrects": "order-1"})
    assert refusal(answer) == (422, "refund_currency_mismatch")
    answer = await brand.post("/attribution/events", {**event, "type": "signup", "corrects": "a"})
    assert refusal(answer) == (400, "invalid_body")


async def test_r16_a_refund_is_told_like_any_other_change(brand: Brand) -> None:
    await brand.made(
        "/webhooks", {"url": "https://hooks.example/", "events": ["commission.reversed"]}
    )
    await sold(brand)
    for _ in range(2):
        await correct(brand, externalId="r1")
    notices = [row["type"] for row in await brand.rows("notices")]
    assert notices == ["commission.reversed"]
