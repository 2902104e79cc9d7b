"""Plans, checkout, portal and invoices of hosted brands, against a Stripe that behaves."""

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
    evaluation_over,
    hosted,
)
from tests.support.refusals import refusal
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.checkout import pay
from tests.support.stripe_double.invoices import new_invoice

CHECKOUT = {"successUrl": f"{PORTAL}?paid=1", "cancelUrl": PORTAL}


async def status(brand: Brand) -> dict[str, Any]:
    answer = await brand.get("/billing/status")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def asked(brand: Brand, path: str, body: Any = None) -> tuple[int, str | None]:
    return refusal(await brand.post(path, body))


async def test_at_home_there_is_nothing_to_pay(brand: Brand, stripe_double: StripeDouble) -> None:
    assert await status(brand) == {"mode": "selfhost", "plan": None, "billed": False}
    at_home = (400, "no_billing_in_selfhost")
    assert await asked(brand, "/billing/plan", {"plan": "flex"}) == at_home
    assert await asked(brand, "/billing/checkout", CHECKOUT) == at_home
    assert await asked(brand, "/billing/report-usage") == at_home
    nowhere = await asked(brand, "/billing/portal", {"returnUrl": PORTAL})
    assert nowhere == (400, "no_portal_for_this_plan")
    assert (await brand.get("/billing/invoices")).json() == {"invoices": []}
    assert stripe_double.calls == []


async def test_an_evaluation_shows_until_when_it_lasts(hosting: Platform) -> None:
    brand = await hosting.brand()
    [account] = await brand.rows("billing_accounts")
    ends = account["trial_ends_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    begun = {"mode": "flat", "plan": None, "subscribed": False, "trialEndsAt": ends}
    assert await status(brand) == {
        **begun, "inTrial": True, "hasUsedTrial": True,
        "trialExpiredWithoutSubscription": False,
    }  # fmt: skip
    await evaluation_over(brand)
    over = await status(brand)
    assert (over["inTrial"], over["trialExpiredWithoutSubscription"]) == (False, True)


async def test_a_plan_is_chosen_once(hosting: Platform) -> None:
    brand = await hosting.brand()
    assert await brand.made("/billing/plan", {"plan": "revshare"}) == {
        "ok": True, "plan": "revshare",
    }  # fmt: skip
    again = await brand.post("/billing/plan", {"plan": "flex"})
    assert refusal(again) == (409, "plan_already_set")
    assert again.json()["currentPlan"] == "revshare"
    assert await asked(brand, "/billing/plan", {"plan": "gold"}) == (400, "invalid_body")


async def test_m17_nobody_makes_themselves_an_enterprise_customer(hosting: Platform) -> None:
    brand = await hosting.brand()
    await evaluation_over(brand)
    answer = await asked(brand, "/billing/plan", {"plan": "enterprise"})
    assert answer == (403, "enterprise_by_operator")
    [account] = await brand.rows("billing_accounts")
    assert account["plan"] is None
    assert (await brand.post("/campaigns", {})).status_code == 402


async def test_enterprise_is_billed_by_the_operator(hosting: Platform) -> None:
    brand = await hosting.brand()
    await choose(brand, "enterprise")
    shown = await status(brand)
    assert (shown["plan"], shown["enterprise"]) == ("enterprise", True)
    no_checkout = await asked(brand, "/billing/checkout", CHECKOUT)
    assert no_checkout == (400, "enterprise_plan_no_checkout")
    no_portal = await asked(brand, "/billing/portal", {"returnUrl": PORTAL})
    assert no_portal == (400, "no_portal_for_this_plan")


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


async def test_whoever_paid_is_shown_what_stripe_shows(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    shown = await status(brand)
    assert (shown["subscribed"], shown["live"]) == (True, True)
    assert (shown["subscriptionId"], shown["status"]) == (subscription["id"], "active")
    assert shown["currentPeriodEnd"] is not None
    assert shown["trialEnd"] is None
    # What Stripe knows and no event has told us yet.
    subscription["status"] = "past_due"
    assert (await status(brand))["status"] == "past_due"


async def test_a_stripe_that_is_down_takes_nobodys_status_away(
    hosting: Platform,
) -> None:
    brand, subscription = await hosting.subscriber()
    hosting.stripe.fail("500_before", "/v1/subscriptions", method="GET")
    shown = await status(brand)
    assert (shown["subscribed"], shown["live"], shown["status"]) == (True, False, "active")
    assert shown["subscriptionId"] == subscription["id"]


async def test_x1_paying_leaves_the_evaluation_as_it_was(hosting: Platform) -> None:
    brand = await hosting.brand()
    [before] = await brand.rows("billing_accounts")
    subscription = pay(hosting.stripe, await hosting.checkout(brand))
    for _ in range(2):
        await hosting.look(brand, subscription)
    [after] = await brand.rows("billing_accounts")
    for field in ("trial_ends_at", "first_trial_activated_at"):
        assert after[field] == before[field]


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


async def test_invoices_are_shown_in_major_units_twelve_at_a_time(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    other, _ = await hosting.subscriber()
    for amount in range(4900, 4913):
        new_invoice(hosting.stripe, subscription["customer"], amount)
    shown = (await brand.get("/billing/invoices")).json()["invoices"]
    assert [one["amountPaid"] for one in shown] == [f"49.{cents:02}" for cents in range(12, 0, -1)]
    assert {one["currency"] for one in shown} == {"USD"}
    assert (await other.get("/billing/invoices")).json() == {"invoices": []}


async def test_a_stripe_that_says_no_or_nothing_is_told_apart(
    hosting: Platform, world: World
) -> None:
    brand, _ = await hosting.subscriber()
    hosting.stripe.fail("500_before", "/v1/invoices", method="GET")
    assert refusal(await brand.get("/billing/invoices")) == (502, "stripe_unreachable")
    key, world.stripe.secret_key = world.stripe.secret_key, None
    assert refusal(await brand.get("/billing/invoices")) == (503, "stripe_not_configured")
    world.stripe.secret_key = key


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
