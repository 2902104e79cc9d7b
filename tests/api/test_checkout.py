"""Checkout and the customer portal: one customer, one open page, one subscription."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api.outside.world import World
from api.settings import Settings
from tests.support.brand import Brand
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.hosted import (
    PORTAL,
    Platform,
    choose,
    evaluating,
    hosted,
)
from tests.support.refusals import refusal
from tests.support.stripe_double.checkout import pay

CHECKOUT = {"successUrl": f"{PORTAL}?paid=1", "cancelUrl": PORTAL}


async def asked(brand: Brand, path: str, body: Any = None) -> tuple[int, str | None]:
    return refusal(await brand.post(path, body))


async def test_x1_a_checkout_carries_no_trial_and_always_takes_a_card(hosting: Platform) -> None:
    brand = await hosting.brand()
    await hosting.checkout(brand)
    [page] = hosting.stripe.asked("POST", "/v1/checkout/sessions")
    settings = hosting.settings
    assert page.params["mode"] == "subscription"
    assert page.params["payment_method_collection"] == "always"
    assert page.params["line_items"] == [
        {"price": settings.stripe_flat_price_id, "quantity": "1"},
        {"price": settings.stripe_flat_usage_price_id},
    ]
    assert page.params["metadata"] == {
        "openpartner_tenant_id": str(brand.tenant_id), "openpartner_plan": "flex",
    }  # fmt: skip
    assert set(page.params["subscription_data"]) == {"metadata"}
    assert "client_reference_id" not in page.params
    [customer] = hosting.stripe.store.all("customer")
    assert customer["metadata"] == {
        "openpartner_role": "merchant_self_subscription",
        "openpartner_tenant_id": str(brand.tenant_id),
    }


async def test_a_revenue_share_is_paid_by_usage_alone(hosting: Platform) -> None:
    brand = await hosting.brand()
    await hosting.checkout(brand, "revshare")
    [page] = hosting.stripe.asked("POST", "/v1/checkout/sessions")
    usage = hosting.settings.stripe_revshare_usage_price_id
    assert page.params["line_items"] == [{"price": usage}]


async def test_who_pays_can_not_pay_twice(hosting: Platform) -> None:
    brand, _ = await hosting.subscriber()
    assert await asked(brand, "/billing/checkout", CHECKOUT) == (409, "already_subscribed")


async def test_who_has_just_paid_can_not_pay_again_before_the_event_arrives(
    hosting: Platform,
) -> None:
    brand = await hosting.brand()
    subscription = pay(hosting.stripe, await hosting.checkout(brand))
    assert await asked(brand, "/billing/checkout", CHECKOUT) == (409, "already_subscribed")
    [known] = await brand.rows("billing_subscriptions")
    assert known["stripe_subscription_id"] == subscription["id"]


async def test_an_earlier_page_can_not_be_paid_once_there_is_another(hosting: Platform) -> None:
    brand = await hosting.brand()
    first = await hosting.checkout(brand)
    second = await hosting.page(brand)
    with pytest.raises(AssertionError, match="expired"):
        pay(hosting.stripe, first)
    assert pay(hosting.stripe, second)["status"] == "active"
    assert len(hosting.stripe.store.all("customer")) == 1


async def test_without_a_plan_or_a_price_there_is_no_checkout(
    hosting: Platform, settings: Settings, world: World, contract: Contract, scratch: Scratch
) -> None:
    brand = await hosting.brand()
    assert await asked(brand, "/billing/checkout", CHECKOUT) == (400, "no_plan_chosen")
    async with hosted(settings, world, contract) as unpriced:
        for plan in ("flex", "revshare"):
            other = await evaluating(unpriced, scratch)
            await choose(other, plan)
            answer = await asked(other, "/billing/checkout", CHECKOUT)
            assert answer == (500, "stripe_price_not_configured")
    assert hosting.stripe.store.all("customer") == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/billing",
        "http://localhost.evil.example:4601/",
        "http://localhost:4602/billing",
        "https://localhost:4601/billing",
        "http://localhost/billing",
    ],
)
async def test_people_are_sent_back_to_our_own_pages_only(url: str, hosting: Platform) -> None:
    brand, _ = await hosting.subscriber()
    asked_before = len(hosting.stripe.calls)
    for path, body in (
        ("/billing/checkout", {**CHECKOUT, "successUrl": url}),
        ("/billing/checkout", {**CHECKOUT, "cancelUrl": url}),
        ("/billing/portal", {"returnUrl": url}),
    ):
        answer = await brand.post(path, body)
        assert refusal(answer) == (400, "return_url_not_allowed")
        assert url == body[answer.json()["field"]]
    assert len(hosting.stripe.calls) == asked_before


async def test_on_a_brands_own_domain_people_are_sent_back_there(hosting: Platform) -> None:
    brand, _ = await hosting.subscriber()
    other, _ = await hosting.subscriber()
    host = f"partners.{brand.slug}.example"
    await brand.execute(
        "insert into domains (tenant_id, id, host, purpose, token, verified_at)"
        " values ($1, gen_random_uuid(), $2, 'portal', 'proved', now())",
        brand.tenant_id, host,
    )  # fmt: skip
    body = {"returnUrl": f"https://{host}/billing"}
    there = await brand.post("/billing/portal", body, headers={**brand.headers, "Host": host})
    assert there.status_code == 200, there.text
    for one in (brand, other):
        assert refusal(await one.post("/billing/portal", body)) == (400, "return_url_not_allowed")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:4601@evil.example/",
        "http://localhost:4601.evil.example/",
        "//localhost:4601/",
        "/billing",
        "javascript:alert(1)",
    ],
)
async def test_what_is_no_plain_web_address_is_refused_as_such(url: str, hosting: Platform) -> None:
    brand, _ = await hosting.subscriber()
    assert await asked(brand, "/billing/portal", {"returnUrl": url}) == (400, "invalid_body")


async def test_a_lost_answer_makes_no_second_customer(hosting: Platform) -> None:
    brand = await hosting.brand()
    await brand.made("/billing/plan", {"plan": "flex"})
    hosting.stripe.fail("reset_after", "/v1/customers")
    assert await asked(brand, "/billing/checkout", CHECKOUT) == (502, "stripe_unreachable")
    # The name may change before the next try; the customer is still the same.
    await brand.execute("update tenants set display_name = 'New' where id = $1", brand.tenant_id)
    await hosting.page(brand)
    [customer] = hosting.stripe.store.all("customer")
    assert customer["name"] == "New"


async def test_a_customer_whose_key_is_forgotten_is_looked_for(hosting: Platform) -> None:
    brand = await hosting.brand()
    await brand.made("/billing/plan", {"plan": "flex"})
    hosting.stripe.fail("reset_after", "/v1/customers")
    assert await asked(brand, "/billing/checkout", CHECKOUT) == (502, "stripe_unreachable")
    await brand.execute(
        "update billing_accounts set customer_asked_at = now() - interval '2 days'"
        " where tenant_id = $1",
        brand.tenant_id,
    )
    hosting.stripe.pass_time(timedelta(days=2))
    await hosting.page(brand)
    assert len(hosting.stripe.store.all("customer")) == 1


async def test_the_portal_is_for_who_has_been_to_a_checkout(hosting: Platform) -> None:
    brand = await hosting.brand()
    body = {"returnUrl": PORTAL}
    assert await asked(brand, "/billing/portal", body) == (404, "no_customer_on_file")
    await hosting.checkout(brand)
    assert (await brand.made("/billing/portal", body))["url"].startswith("https://billing.stripe")
    [page] = hosting.stripe.asked("POST", "/v1/billing_portal/sessions")
    assert page.params["return_url"] == PORTAL


async def test_p1_no_connection_is_held_while_stripe_takes_its_time(
    hosting: Platform, scratch: Scratch
) -> None:
    """A call that hangs must not cost a transaction, or ten of them would stop the API."""
    brand = await hosting.brand()
    await brand.made("/billing/plan", {"plan": "flex"})
    superuser = await scratch.connect()
    open_ones = "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
    for path in ("/v1/customers", "/v1/checkout/sessions"):
        fault = hosting.stripe.fail("held", path)
        asking = asyncio.create_task(brand.post("/billing/checkout", CHECKOUT))
        await fault.reached.wait()
        assert await superuser.fetchval(open_ones) == 0
        fault.release()
        assert (await asking).status_code == 200
    await superuser.close()
