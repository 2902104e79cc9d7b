"""How a click becomes a customer by way of Stripe, and under which name."""

from typing import Any
from uuid import UUID

from tests.support.conversions import identify
from tests.support.storefront import Storefront
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.customers import new_customer
from tests.support.stripe_double.shop import checkout, invoice_paid


def kinds(events: list[Any]) -> list[tuple[str, int | None]]:
    return sorted((row["type"], row["value_minor"]) for row in events)


async def test_the_customer_is_told_at_stripe_what_we_call_them(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    await store.hear()
    metadata = double.store.get("customer", customer)["metadata"]
    tenant = str(store.brand.tenant_id)
    assert metadata == {"openpartner_user_id": customer, "openpartner_tenant_id": tenant}
    await store.hear()
    [told] = [call for call in double.calls if call.path == f"/v1/customers/{customer}"
              and call.method == "POST"]  # fmt: skip
    assert told.key


async def test_a_key_that_may_not_write_customers_spoils_nothing(
    store: Storefront, double: StripeDouble
) -> None:
    customer = checkout(double, await store.cref())["customer"]
    double.fail("401", f"/v1/customers/{customer}")
    await store.hear()
    assert await store.outcomes("checkout.session.completed") != []
    assert kinds(await store.events(customer)) == [("signup", None)]


async def test_m19_the_merchants_own_name_wins_wherever_the_click_was_known(
    store: Storefront, double: StripeDouble
) -> None:
    """The site identified the click itself; Stripe knows the customer by the same name."""
    cref, user = await store.cref(), "merchant-7"
    await identify(store.brand, cref, user)
    customer = new_customer(double, metadata={"openpartner_user_id": user})
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    assert await store.earned(user) == [("invoice_paid", 2000, "USD", "accrued")]
    assert await store.events(customer["id"]) == []


async def test_m19_a_click_stitched_by_checkout_counts_under_both_names(
    store: Storefront, double: StripeDouble
) -> None:
    customer = new_customer(double, metadata={"openpartner_user_id": "merchant-8"})
    checkout(double, await store.cref(), customer=customer)
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    assert await store.earned("merchant-8") == [("invoice_paid", 2000, "USD", "accrued")]
    stitched = await store.brand.fetch(
        "select user_id from identities where tenant_id = $1 and user_id = any($2) order by 1",
        store.brand.tenant_id, ["merchant-8", customer["id"]],
    )  # fmt: skip
    assert [row["user_id"] for row in stitched] == [customer["id"], "merchant-8"]


async def test_what_was_filed_before_the_merchant_named_the_customer_is_credited_too(
    store: Storefront, double: StripeDouble
) -> None:
    cref, user = await store.cref(), "merchant-9"
    await identify(store.brand, cref, user)
    customer = new_customer(double)
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    assert await store.earned(customer["id"]) == []
    customer["metadata"]["openpartner_user_id"] = user
    double.webhooks.event("customer.updated", customer)
    await store.hear()
    assert await store.earned(customer["id"]) == [("invoice_paid", 2000, "USD", "accrued")]
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    assert await store.earned(user) == [("invoice_paid", 2000, "USD", "accrued")]


async def test_a_customer_named_later_is_no_new_customer(
    store: Storefront, double: StripeDouble
) -> None:
    bounty = {"trigger": "first", "eventType": "invoice_paid", "type": "fixed", "value": 50}
    customer = new_customer(double)
    checkout(double, await store.cref(commissionRule=[bounty]), customer=customer)
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    customer["metadata"]["openpartner_user_id"] = "merchant-late"
    double.webhooks.event("customer.updated", customer)
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    assert await store.earned(customer["id"]) == [("invoice_paid", 5000, "USD", "accrued")]
    assert await store.earned("merchant-late") == []


async def test_a_checkout_that_names_the_customer_does(
    store: Storefront, double: StripeDouble
) -> None:
    named = {"openpartner_user_id": "merchant-10"}
    paid = checkout(double, await store.cref(), amount=5000, metadata=named)
    invoice_paid(double, paid["customer"], 10_000)
    sign_up, *_ = store.news()[::-1]
    await store.hear(sign_up)
    store.told -= 5
    await store.hear()
    assert await store.earned("merchant-10") == [
        ("invoice_paid", 2000, "USD", "accrued"), ("purchase", 1000, "USD", "accrued"),
    ]  # fmt: skip


async def test_customer_created_signs_up_whom_metadata_names(
    store: Storefront, double: StripeDouble
) -> None:
    named = new_customer(double, metadata={"openpartner_user_id": "merchant-11"})
    nobody = new_customer(double)
    await store.hear()
    assert kinds(await store.events("merchant-11")) == [("signup", None)]
    assert await store.events(nobody["id"]) == []
    assert named


async def test_a_click_in_metadata_stitches_like_one_in_a_checkout(
    store: Storefront, double: StripeDouble
) -> None:
    customer = new_customer(double, metadata={"openpartner_cref": await store.cref()})
    invoice_paid(double, customer["id"], 10_000)
    await store.hear()
    assert await store.earned(customer["id"]) == [("invoice_paid", 2000, "USD", "accrued")]


async def test_signing_up_happens_once(store: Storefront, double: StripeDouble) -> None:
    customer = new_customer(double, metadata={"openpartner_user_id": "merchant-12"})
    for _ in range(2):
        checkout(double, await store.cref(), customer=customer)
    await store.hear()
    assert kinds(await store.events("merchant-12")) == [("signup", None)]


async def test_a_click_that_comes_late_is_waited_for(
    store: Storefront, double: StripeDouble
) -> None:
    """The router had to keep it in its journal while the database was away."""
    cref = await store.cref()
    [row] = await store.brand.fetch("select * from clicks where id = $1", UUID(cref))
    await store.brand.execute("alter table clicks disable trigger user")
    await store.brand.execute("delete from clicks where id = $1", row["id"])
    await store.brand.execute("alter table clicks enable trigger user")
    paid = checkout(double, cref, amount=5000)
    *_, said = store.news()
    await store.hear(said)
    waiting = await store.inbox(said)
    assert (waiting["status"], waiting["outcome"]) == ("received", "click_not_found")
    assert "has not been recorded yet" in waiting["reason"]
    await store.brand.execute(
        "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        *(row[name] for name in ("tenant_id", "id", "ts", "link_id", "partner_id", "campaign_id",
                                 "landing_url")),
    )  # fmt: skip
    assert await store.worker.act("stripe-events-waiting") == 0
    await store.worker.drain()
    assert (await store.inbox(said))["status"] == "processed"
    assert await store.earned(paid["customer"]) == [("purchase", 1000, "USD", "accrued")]


async def test_a_reference_that_is_no_click_of_ours_stitches_nothing(
    store: Storefront, double: StripeDouble
) -> None:
    for reference in ("order-42", "019b0a5e-7c1a-7d2e-9f00-3c5d8e7a1b2c"):
        paid = checkout(double, reference, amount=5000)
        await store.hear()
        assert kinds(await store.events(paid["customer"])) == [("purchase", 5000)]
        assert await store.earned(paid["customer"]) == []
