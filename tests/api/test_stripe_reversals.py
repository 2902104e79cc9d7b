"""Refunds and disputes by way of Stripe: in part and in whole, in any order, and to the cent."""

from random import Random

import pytest

from tests.support.storefront import Storefront
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.call import Json
from tests.support.stripe_double.shop import (
    charge_of,
    checkout,
    close,
    dispute,
    invoice_paid,
    refund,
    settle,
)


async def sold(store: Storefront, double: StripeDouble, amount: int = 20_000, tax: int = 0) -> Json:
    """An invoice that earned 20 % of what it was without its tax."""
    customer = checkout(double, await store.cref())["customer"]
    invoice = invoice_paid(double, customer, amount, tax=tax)
    await store.hear()
    return invoice


async def owed(store: Storefront, invoice: Json) -> dict[str, int]:
    """What the books say about its commission, by account, zeros left out."""
    rows = await store.brand.fetch(
        "select p.account, sum(p.amount_minor)::bigint as amount from ledger_postings p"
        " join commissions c on c.tenant_id = p.tenant_id and c.id = p.commission_id"
        " join events e on e.tenant_id = c.tenant_id and e.id = c.event_id"
        " where p.tenant_id = $1 and e.external_id = $2 and p.partner_id is not null"
        " group by p.account having sum(p.amount_minor) <> 0",
        store.brand.tenant_id, invoice["id"],
    )  # fmt: skip
    return {row["account"]: row["amount"] for row in rows}


async def test_m8_a_partial_refund_takes_its_part_alone(
    store: Storefront, double: StripeDouble
) -> None:
    invoice = await sold(store, double)
    assert await owed(store, invoice) == {"pending": 4000}
    refund(double, charge_of(double, invoice), 5000)
    await store.hear()
    assert await owed(store, invoice) == {"pending": 3000}
    refund(double, charge_of(double, invoice))
    await store.hear()
    assert await owed(store, invoice) == {}
    trail = [row for row in await store.events(invoice["customer"]) if row["type"] == "refund"]
    assert [row["value_minor"] for row in trail] == [-5000, -15_000]


async def test_three_thirds_of_a_refund_are_all_of_it(
    store: Storefront, double: StripeDouble
) -> None:
    invoice = await sold(store, double, 1000)
    for part in (333, 333, 334):
        refund(double, charge_of(double, invoice), part)
    await store.hear(shuffle=Random(3), most=3)
    assert await owed(store, invoice) == {}


async def test_a_refund_of_a_taxed_sale_is_a_part_of_the_whole_payment(
    store: Storefront, double: StripeDouble
) -> None:
    invoice = await sold(store, double, 11_900, tax=1900)
    assert await owed(store, invoice) == {"pending": 2000}
    refund(double, charge_of(double, invoice), 5950)
    await store.hear()
    assert await owed(store, invoice) == {"pending": 1000}


async def test_a_refund_that_comes_before_its_sale_waits_for_it(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    await store.hear()
    invoice = invoice_paid(double, customer, 20_000)
    sale = store.news()
    refund(double, charge_of(double, invoice), 5000)
    await store.hear()
    assert await owed(store, invoice) == {}
    await store.hear(*sale)
    assert await owed(store, invoice) == {"pending": 3000}


async def test_a_guests_refund_finds_its_purchase_later(
    store: Storefront, double: StripeDouble
) -> None:
    paid = checkout(double, await store.cref(), amount=5000, guest=True)
    sale = store.news()
    refund(double, charge_of(double, paid), 2500)
    told = store.news()
    await store.hear(*told)
    assert (await store.inbox(told[0]))["reason"] == (
        "The payment that this is about is not known yet."
    )
    await store.hear(*sale)
    trail = [(row["type"], row["value_minor"]) for row in await store.events(paid["id"])]
    assert sorted(trail, key=str) == [("purchase", 5000), ("refund", -2500), ("signup", None)]
    earned = await store.brand.fetch(
        "select sum(p.amount_minor)::bigint as owed from ledger_postings p join commissions c"
        " on c.tenant_id = p.tenant_id and c.id = p.commission_id where c.user_id = $1"
        " and p.partner_id is not null",
        paid["id"],
    )
    assert earned[0]["owed"] == 500
    assert {(await store.inbox(event))["status"] for event in told} == {"processed"}


async def test_a_refund_on_its_way_counts_when_it_arrives_and_not_when_it_fails(
    store: Storefront, double: StripeDouble
) -> None:
    invoice = await sold(store, double)
    pending = refund(double, charge_of(double, invoice), 5000, status="pending")
    await store.hear()
    assert await owed(store, invoice) == {"pending": 4000}
    settle(double, pending, "succeeded")
    await store.hear()
    assert await owed(store, invoice) == {"pending": 3000}
    settle(double, pending, "failed")
    await store.hear()
    assert await owed(store, invoice) == {"pending": 4000}


async def test_a_dispute_holds_and_gives_back_when_it_is_won(
    store: Storefront, double: StripeDouble
) -> None:
    invoice = await sold(store, double)
    opened = dispute(double, charge_of(double, invoice))
    await store.hear()
    assert await owed(store, invoice) == {"held": 4000}
    close(double, opened, "won")
    await store.hear()
    assert await owed(store, invoice) == {"pending": 4000}
    kinds = {row["type"] for row in await store.events(invoice["customer"])}
    assert kinds == {"signup", "invoice_paid", "dispute_created", "dispute_won"}


async def test_a_dispute_that_is_lost_takes_its_part(
    store: Storefront, double: StripeDouble
) -> None:
    invoice = await sold(store, double)
    close(double, dispute(double, charge_of(double, invoice), 5000), "lost")
    await store.hear(shuffle=Random(1))
    assert await owed(store, invoice) == {"pending": 3000}


async def test_an_inquiry_takes_nothing(store: Storefront, double: StripeDouble) -> None:
    invoice = await sold(store, double)
    asked = dispute(double, charge_of(double, invoice))
    asked["status"] = "warning_needs_response"
    await store.hear()
    assert await owed(store, invoice) == {"pending": 4000}


@pytest.mark.parametrize("parts", [1, 2])
async def test_an_invoice_paid_in_parts_loses_no_more_than_the_part_refunded(
    store: Storefront, double: StripeDouble, parts: int
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    invoice = invoice_paid(double, customer, 20_000)
    charge = charge_of(double, invoice)
    charge["amount"] = 20_000 // parts
    store.double.store.get("invoice", invoice["id"])["amount_paid"] = 20_000
    await store.hear()
    refund(double, charge)
    await store.hear()
    left = 4000 - 4000 // parts
    assert await owed(store, invoice) == ({"pending": left} if left else {})


async def test_a_part_of_an_invoice_that_is_not_all_paid_yet_is_a_part_of_all_of_it(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    invoice = invoice_paid(double, customer, 20_000)
    sale = store.news()
    charge = charge_of(double, invoice)
    charge["amount"] = 10_000
    kept = double.store.get("invoice", invoice["id"])
    kept.update(status="open", amount_paid=10_000)
    refund(double, charge, 5000)
    await store.hear()
    kept.update(status="paid", amount_paid=20_000)
    await store.hear(*sale)
    assert await owed(store, invoice) == {"pending": 3000}


async def test_a_dispute_in_the_banks_own_currency_is_for_people_to_decide(
    store: Storefront, double: StripeDouble
) -> None:
    """Nobody says at which rate, so nothing is taken, and it is in sight."""
    invoice = await sold(store, double)
    opened = dispute(double, charge_of(double, invoice), 3_000_000)
    opened["currency"] = "jpy"
    await store.hear()
    assert await owed(store, invoice) == {"pending": 4000}
    answer = await store.brand.get("/corrections", params={"state": "unclear"})
    assert opened["id"] in {one["key"] for one in answer.json()["corrections"]}


async def test_without_a_key_of_the_account_events_are_taken_at_their_word(
    store: Storefront, double: StripeDouble
) -> None:
    """A charge then says how much was refunded by now; saying it twice changes nothing."""
    store.world.stripe.secret_key, key = None, store.world.stripe.secret_key
    try:
        customer = checkout(double, await store.cref())["customer"]
        charge = {"id": "ch_blind", "object": "charge", "amount": 20_000, "currency": "usd",
                  "amount_refunded": 5000, "customer": customer, "payment_intent": "pi_blind",
                  "invoice": "in_blind"}  # fmt: skip
        invoice = {"id": "in_blind", "object": "invoice", "customer": customer, "currency": "usd",
                   "amount_paid": 20_000, "total": 20_000, "charge": "ch_blind",
                   "payment_intent": "pi_blind"}  # fmt: skip
        double.webhooks.event("charge.refunded", charge, api_version="2022-08-01")
        double.webhooks.event("invoice.paid", invoice, api_version="2022-08-01")
        charge["amount_refunded"] = 8000
        double.webhooks.event("charge.refunded", charge, api_version="2022-08-01")
        await store.hear(shuffle=Random(5), most=2)
        assert await owed(store, invoice) == {"pending": 2400}
    finally:
        store.world.stripe.secret_key = key
