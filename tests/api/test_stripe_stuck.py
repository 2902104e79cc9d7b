"""What is stuck and why, playing it again; and promotion codes that stand for partners."""

from uuid import UUID

import pytest

from tests.support.refusals import refusal
from tests.support.storefront import Storefront
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.customers import new_customer
from tests.support.stripe_double.shop import checkout, invoice_paid


async def test_a_stripe_that_is_away_is_asked_again_later(
    store: Storefront, double: StripeDouble
) -> None:
    """Fault 5 of the world outside: nothing is lost, nothing is guessed, and the page says why."""
    customer = checkout(double, await store.cref())["customer"]
    await store.hear()
    invoice_paid(double, customer, 20_000)
    *_, said = store.news()
    double.fail("500_before", "/v1/customers", method="GET")
    await store.hear(said)
    row = await store.inbox(said)
    assert (row["status"], row["outcome"]) == ("received", None)
    assert "Sorry" in row["reason"]
    assert await store.earned(customer) == []
    await store.brand.execute("update jobs set run_at = now() where done_at is null")
    await store.worker.drain()
    row = await store.inbox(said)
    assert (row["status"], row["reason"]) == ("processed", None)
    assert await store.earned(customer) == [("invoice_paid", 4000, "USD", "accrued")]


async def test_what_stripe_refuses_is_stuck_in_sight_and_can_be_played_again(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    await store.hear()
    invoice_paid(double, customer, 20_000)
    *_, said = store.news()
    double.fail("401", "/v1/customers", method="GET")
    await store.hear(said)
    listed = (await store.brand.get("/stripe-events", params={"status": "failed"})).json()
    [stuck] = [one for one in listed["stripeEvents"] if one["stripeId"] == said["id"]]
    assert (stuck["outcome"], stuck["type"]) == ("refused", "invoice.paid")
    assert "Sorry" in stuck["reason"]
    shown = (await store.brand.get(f"/stripe-events/{stuck['id']}")).json()["stripeEvent"]
    assert shown["payload"]["id"] == said["id"]
    assert (await store.brand.made("/stripe-events/replay"))["replayed"] >= 1
    await store.worker.drain()
    after = (await store.brand.get(f"/stripe-events/{stuck['id']}")).json()["stripeEvent"]
    assert (after["status"], after["reason"]) == ("processed", None)
    assert await store.earned(customer) == [("invoice_paid", 4000, "USD", "accrued")]


async def test_an_event_that_never_arrived_can_not_be_played(store: Storefront) -> None:
    missing = "/stripe-events/019b0a5e-7c1a-7d2e-9f00-3c5d8e7a1b2c"
    assert refusal(await store.brand.get(missing)) == (404, "stripe_event_not_found")
    assert refusal(await store.brand.post(f"{missing}/replay")) == (404, "stripe_event_not_found")


async def test_a_currency_that_nobody_knows_is_stuck_and_not_guessed(
    store: Storefront, double: StripeDouble
) -> None:
    invoice_paid(double, new_customer(double)["id"], 100, "zzz")
    *_, said = store.news()
    await store.hear(said)
    row = await store.inbox(said)
    assert (row["status"], row["outcome"]) == ("failed", "refused")
    assert "ZZZ" in row["reason"]


async def test_old_events_are_forgotten_and_stuck_ones_are_not(
    store: Storefront, double: StripeDouble
) -> None:
    new_customer(double)
    invoice_paid(double, new_customer(double)["id"], 100, "zzz")
    news = store.news()
    await store.hear(*news)
    await store.brand.execute(
        "update stripe_events set created_at = now() - interval '91 days' where stripe_id = any($1)",
        [event["id"] for event in news],
    )
    assert await store.worker.act("stripe-events-cleanup") == 0
    left = await store.brand.fetch(
        "select type from stripe_events where stripe_id = any($1)", [event["id"] for event in news]
    )
    assert [row["type"] for row in left] == ["invoice.paid"]


@pytest.mark.parametrize("shape", ["ids", "objects", "checkout"])
async def test_m19_a_promotion_code_credits_its_partner_under_the_right_name(
    store: Storefront, double: StripeDouble, shape: str
) -> None:
    """Nobody clicked; the merchant has their own name for the customer; discounts come as ids."""
    campaign = await store.brand.campaign()
    partner = await store.brand.partner(campaignIds=[campaign["id"]])
    [coupon] = await store.brand.fetch(
        "select code from coupons where partner_id = $1", UUID(partner["id"])
    )
    promotion = double.store.put("promotion_code", {
        "id": double.store.new_id("promo"), "object": "promotion_code",
        "code": coupon["code"].lower(), "active": True,
    })  # fmt: skip
    discount = double.store.put("discount", {
        "id": double.store.new_id("di"), "object": "discount", "promotion_code": promotion["id"],
        "source": {"type": "coupon", "coupon": "10_OFF"},
    })  # fmt: skip
    user = f"buyer-{promotion['id']}"
    customer = new_customer(double, metadata={"openpartner_user_id": user})
    if shape == "checkout":
        used = [{"coupon": None, "promotion_code": promotion["id"]}]
        checkout(double, customer=customer, amount=20_000, discounts=used)
    else:
        given = [discount["id"] if shape == "ids" else discount]
        invoice_paid(double, customer["id"], 20_000, discounts=given)
    await store.hear()
    earned = [(kind, amount) for kind, amount, _, _ in await store.earned(user)]
    kind = "purchase" if shape == "checkout" else "invoice_paid"
    assert earned == [(kind, 4000)]
    assert await store.events(customer["id"]) == []
