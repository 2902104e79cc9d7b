"""Orders that a shop tells twice, with their coupon and without, and takes back."""

import asyncio

from tests.support.brand import Brand
from tests.support.conversions import amounts, commissions, report
from tests.support.coupons import promoter, redeem
from tests.support.ledger import wrongs
from tests.support.refusals import refusal


async def test_an_order_told_with_its_coupon_and_then_without_is_one_order(brand: Brand) -> None:
    _, coupon = await promoter(brand)
    redeemed = (await redeem(brand, coupon["code"])).json()
    reported = await report(brand, externalId="order-1")
    assert (reported["replayed"], reported["eventId"]) == (True, redeemed["eventId"])
    assert len(reported["attribution"]["touches"]) == 1
    assert await amounts(brand) == ["40.00 USD"]
    # Another kind of event is another event, which needs a name of its own, as ever.
    other = {"userId": "customer", "type": "upgrade", "externalId": "order-1"}
    answer = await brand.post("/attribution/events", other)
    assert refusal(answer) == (422, "idempotency_key_reused")


async def test_both_tellings_of_an_order_at_once_are_one_order(brand: Brand) -> None:
    _, coupon = await promoter(brand)
    order = {
        "userId": "customer",
        "type": "invoice_paid",
        "value": "200.00",
        "externalId": "order-1",
    }
    answers = await asyncio.gather(
        *(redeem(brand, coupon["code"]) for _ in range(4)),
        *(brand.post("/attribution/events", order) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["eventId"] for answer in answers}) == 1
    assert await amounts(brand) == ["40.00 USD"]


async def test_m8_a_refund_finds_the_order_that_a_coupon_was_used_for(brand: Brand) -> None:
    _, coupon = await promoter(brand)
    back = {"type": "refund", "corrects": "order-1"}
    early = await report(brand, **back, value="50.00", externalId="back-1")
    assert early["correction"]["status"] == "waiting"
    await redeem(brand, coupon["code"])
    late = await report(brand, **back, value="50.00", externalId="back-2")
    assert late["correction"]["status"] == "applied"
    [one] = await commissions(brand)
    assert (one["amount"], one["clawedBack"]) == ("40.00", "20.00")
    assert await wrongs(brand) == []
