"""From a click to a commission by way of Stripe: Checkouts, invoices, one-off payments, sign-ups."""

import json
from typing import Any

import pytest

from tests.support.brand import Json
from tests.support.conversions import identify
from tests.support.storefront import Storefront
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.customers import new_customer
from tests.support.stripe_double.shop import checkout, invoice_paid, pay


def kinds(events: list[Any]) -> list[tuple[str, int | None]]:
    return sorted((row["type"], row["value_minor"]) for row in events)


async def test_a_click_that_checks_out_becomes_a_customer_who_pays(
    store: Storefront, double: StripeDouble
) -> None:
    cref = await store.cref()
    customer = checkout(double, cref)["customer"]
    await store.hear()
    invoice_paid(double, customer, 20_000)
    await store.hear()
    assert kinds(await store.events(customer)) == [("invoice_paid", 20_000), ("signup", None)]
    assert await store.earned(customer) == [("invoice_paid", 4000, "USD", "accrued")]


async def test_events_carry_what_they_came_from(store: Storefront, double: StripeDouble) -> None:
    invoice = invoice_paid(double, new_customer(double)["id"], 4900)
    *_, said = store.news()
    await store.hear(said)
    [sale] = await store.events(invoice["customer"])
    intent = invoice["payments"]["data"][0]["payment"]["payment_intent"]
    assert (sale["source"], sale["external_id"]) == ("stripe", invoice["id"])
    assert sale["ts"].timestamp() == said["created"]
    details = json.loads(sale["metadata"])
    assert details["stripeEventId"] == said["id"]
    assert details["stripeType"] == "invoice.paid"
    assert details["stripeInvoiceId"] == invoice["id"]
    row = await store.inbox(said)
    assert (row["status"], row["outcome"], row["event_id"]) == ("processed", "recorded", sale["id"])
    assert intent


@pytest.mark.parametrize("field", ["payment_link", "client_reference_id"])
async def test_payment_links_and_pricing_tables_stitch_like_any_checkout(
    store: Storefront, double: StripeDouble, field: str
) -> None:
    cref = await store.cref()
    fields: dict[str, Any] = {"payment_link": "plink_1"} if field == "payment_link" else {}
    paid = checkout(double, cref, amount=5000, **fields)
    await store.hear()
    assert await store.earned(paid["customer"]) == [("purchase", 1000, "USD", "accrued")]


async def test_a_guest_without_a_customer_is_credited_too(
    store: Storefront, double: StripeDouble
) -> None:
    paid = checkout(double, await store.cref(), amount=5000, guest=True)
    await store.hear()
    assert await store.earned(paid["id"]) == [("purchase", 1000, "USD", "accrued")]


async def test_a_payment_that_is_still_on_its_way_counts_when_it_arrives(
    store: Storefront, double: StripeDouble
) -> None:
    paid = checkout(double, await store.cref(), amount=5000, payment_status="unpaid")
    await store.hear()
    assert await store.earned(paid["customer"]) == []
    paid["payment_status"] = "paid"
    double.webhooks.event("checkout.session.async_payment_succeeded", paid)
    await store.hear()
    assert await store.earned(paid["customer"]) == [("purchase", 1000, "USD", "accrued")]


@pytest.mark.parametrize("told", [{"invoice": "in_of_it"}, {"invoice_creation": {"enabled": True}}])
async def test_a_checkout_with_an_invoice_is_counted_once(
    store: Storefront, double: StripeDouble, told: Json
) -> None:
    paid = checkout(double, await store.cref(), amount=5000, **told)
    invoice_paid(double, paid["customer"], 5000, id=double.store.new_id("in"))
    await store.hear()
    assert await store.earned(paid["customer"]) == [("invoice_paid", 1000, "USD", "accrued")]


@pytest.mark.parametrize(
    ("amount", "currency", "earned"),
    [(20_000, "usd", 4000), (1234, "jpy", 247), (1230, "kwd", 246), (150_000, "ugx", 300)],
)
async def test_currencies_with_other_decimals_keep_them(
    store: Storefront, double: StripeDouble, amount: int, currency: str, earned: int
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    invoice_paid(double, customer, amount, currency)
    await store.hear()
    assert await store.earned(customer) == [("invoice_paid", earned, currency.upper(), "accrued")]


@pytest.mark.parametrize("shape", ["new", "old"])
async def test_taxes_earn_nothing(store: Storefront, double: StripeDouble, shape: str) -> None:
    customer = checkout(double, await store.cref())["customer"]
    invoice_paid(double, customer, 11_900, tax=1900)
    *before, said = store.news()
    if shape == "old":
        said["data"]["object"]["tax"] = 1900
        del said["data"]["object"]["total_excluding_tax"], said["data"]["object"]["total_taxes"]
    await store.hear(*before, said)
    assert kinds(await store.events(customer)) == [("invoice_paid", 10_000), ("signup", None)]


async def test_taxes_of_a_checkout_earn_nothing(store: Storefront, double: StripeDouble) -> None:
    paid = checkout(double, await store.cref(), amount=11_900, tax=1900)
    await store.hear()
    assert await store.earned(paid["customer"]) == [("purchase", 2000, "USD", "accrued")]


async def test_an_invoice_that_cost_nothing_is_no_payment(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    invoice_paid(double, customer, 1, amount_paid=0)
    await store.hear()
    assert kinds(await store.events(customer)) == [("signup", None)]


async def test_invoices_of_older_versions_are_read_as_well(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    charge = pay(double, 4900, customer=customer)
    old = {
        "id": "in_old", "object": "invoice", "customer": customer, "amount_paid": 4900,
        "total": 4900, "tax": None, "currency": "usd", "subscription": "sub_old",
        "charge": charge["id"], "payment_intent": charge["payment_intent"], "status": "paid",
        "subscription_details": {"metadata": {}}, "lines": {"object": "list", "data": [
            {"price": {"id": "price_1", "product": "prod_1"}}]},
    }  # fmt: skip
    double.webhooks.event("invoice.paid", old, api_version="2022-11-15")
    await store.hear()
    assert await store.earned(customer) == [("invoice_paid", 980, "USD", "accrued")]
    references = await store.brand.fetch(
        "select reference from stripe_references where tenant_id = $1 and user_id = $2",
        store.brand.tenant_id, customer,
    )  # fmt: skip
    wanted = {"in_old", "sub_old", charge["id"], charge["payment_intent"]}
    assert {row["reference"] for row in references} >= wanted


async def test_a_subscription_that_begins_is_told(store: Storefront, double: StripeDouble) -> None:
    customer = checkout(double, await store.cref())["customer"]
    begun = {"id": "sub_new", "object": "subscription", "customer": customer, "metadata": {},
             "items": {"object": "list", "data": [{"price": {"product": "prod_9"}}]}}  # fmt: skip
    double.webhooks.event("customer.subscription.created", begun)
    double.webhooks.event("customer.subscription.updated", begun)
    await store.hear()
    found = kinds(await store.events(customer))
    assert found == [("signup", None), ("subscription_created", None)]


async def test_a_failed_invoice_is_kept_for_the_trail(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    failed = {"id": "in_failed", "object": "invoice", "customer": customer, "amount_due": 4900,
              "currency": "usd", "attempt_count": 2}  # fmt: skip
    for _ in range(2):
        double.webhooks.event("invoice.payment_failed", failed)
    await store.hear()
    assert kinds(await store.events(customer)) == [
        ("invoice_payment_failed", -4900), ("invoice_payment_failed", -4900), ("signup", None),
    ]  # fmt: skip
    assert await store.earned(customer) == []


async def test_a_payment_of_the_merchants_own_pages_counts_if_it_names_the_customer(
    store: Storefront, double: StripeDouble
) -> None:
    cref = await store.cref()
    await identify(store.brand, cref, "merchant-13")
    pay(double, 5000, metadata={"openpartner_user_id": "merchant-13"})
    pay(double, 7000)
    await store.hear()
    assert await store.earned("merchant-13") == [("purchase", 1000, "USD", "accrued")]
