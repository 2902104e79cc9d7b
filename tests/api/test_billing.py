"""Plans, checkout, portal and invoices of hosted brands, against a Stripe that behaves."""

from typing import Any

from api.outside.world import World
from tests.support.brand import Brand
from tests.support.hosted import (
    PORTAL,
    Platform,
    choose,
    evaluation_over,
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
