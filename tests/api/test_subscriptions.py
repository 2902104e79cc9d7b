"""Subscriptions of brands: they follow what Stripe shows, in whatever order its events come."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from api.features.subscriptions.for_others import (
    entitled_to_white_label,
    handle_subscription_event,
    start_evaluation,
    state,
)
from tests.support.brand import Brand, found_brand
from tests.support.hosted import Platform, choose, evaluation_over
from tests.support.ledger import session_of
from tests.support.stripe_double.call import Json
from tests.support.stripe_double.checkout import pay
from tests.support.stripe_double.invoices import new_invoice
from tests.support.stripe_double.subscriptions import (
    cancel,
    cancel_later,
    change,
    new_subscription,
    resume,
)


async def account(brand: Brand) -> Any:
    [found] = await brand.rows("billing_accounts")
    return found


async def mirror(brand: Brand) -> Any:
    [found] = await brand.rows("billing_subscriptions")
    return found


async def deliver(hosting: Platform, brand: Brand, event: Json) -> bool:
    """As Stripe's events arrive, once their tenant is known."""
    async with session_of(brand) as session:
        ours = await handle_subscription_event(session, event)
    await hosting.worker.drain()
    return ours


async def test_x1_an_evaluation_lasts_fourteen_days_from_sign_up(hosting: Platform) -> None:
    brand = await found_brand(hosting.http, hosting.scratch)
    async with session_of(brand) as session:
        await start_evaluation(session, "flex")
    begun = await account(brand)
    lasts = begun["trial_ends_at"] - begun["first_trial_activated_at"]
    assert (lasts.days, lasts.seconds, begun["plan"]) == (14, 0, "flex")
    async with session_of(brand) as session:
        shown = await state(session, hosting.settings)
    assert (shown.ready, shown.in_trial, shown.trial_days_remaining) == (False, True, 14)
    async with session_of(brand) as session:
        await start_evaluation(session, "revshare")
    assert await account(brand) == begun


async def test_m17_asking_for_enterprise_at_sign_up_is_noted_and_told(hosting: Platform) -> None:
    brand = await found_brand(hosting.http, hosting.scratch)
    async with session_of(brand) as session:
        await start_evaluation(session, "enterprise")
    await hosting.worker.drain()
    noted = await account(brand)
    assert (noted["plan"], noted["enterprise_requested_at"] is None) == (None, False)
    assert [letter.subject for letter in hosting.told(brand)] == [
        f"[OpenPartner] {brand.slug} asks for the enterprise plan"
    ]
    await evaluation_over(brand)
    assert (await brand.post("/campaigns", {})).status_code == 402


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_events_of_a_checkout_end_the_same_in_any_order(
    order: tuple[int, ...], hosting: Platform
) -> None:
    brand = await hosting.brand()
    subscription = pay(hosting.stripe, await hosting.checkout(brand))
    new_invoice(hosting.stripe, subscription["customer"], 4900, subscription=subscription["id"])
    kinds = [
        "customer.subscription.created", "checkout.session.completed", "invoice.paid",
    ]  # fmt: skip
    events = {event["type"]: event for event in hosting.stripe.webhooks.happened}
    for place in (*order, *order):
        assert await deliver(hosting, brand, events[kinds[place]])
    seen = await mirror(brand)
    assert (seen["stripe_subscription_id"], seen["status"]) == (subscription["id"], "active")
    assert (seen["plan"], seen["ended_at"], (await account(brand))["plan"]) == (
        "flex",
        None,
        "flex",
    )


async def test_an_old_event_that_comes_late_changes_nothing(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    old = change(hosting.stripe, subscription, status="past_due")
    change(hosting.stripe, subscription, status="active")
    gone = cancel(hosting.stripe, subscription)
    assert await deliver(hosting, brand, gone)
    assert await deliver(hosting, brand, old)
    seen = await mirror(brand)
    assert (seen["status"], seen["ended_at"] is None) == ("canceled", False)


async def test_m18_an_end_customers_subscription_never_touches_the_brands(
    hosting: Platform,
) -> None:
    """Brands sell subscriptions too, in accounts whose events reach the same address."""
    brand, subscription = await hosting.subscriber()
    before = await mirror(brand)
    price = hosting.settings.stripe_revshare_usage_price_id
    assert price is not None
    metadata = {"openpartner_tenant_id": str(brand.tenant_id), "openpartner_plan": "revshare"}
    theirs = new_subscription(hosting.stripe, "cus_theirs", [price], metadata=metadata)
    updated = change(hosting.stripe, theirs, status="past_due")
    gone = cancel(hosting.stripe, theirs)
    invoice = new_invoice(hosting.stripe, "cus_theirs", 100, subscription=subscription["id"])
    paid = hosting.stripe.webhooks.event("invoice.paid", invoice)
    for event in (updated, gone, paid):
        assert not await deliver(hosting, brand, event)
    # Even looked at by name it is not the brand's.
    await hosting.look(brand, theirs)
    assert dict(await mirror(brand)) == dict(before)
    assert (await account(brand))["plan"] == "flex"


async def test_a_brand_that_never_paid_has_no_events_of_its_own(hosting: Platform) -> None:
    brand = await hosting.brand()
    theirs = new_subscription(hosting.stripe, "cus_theirs", [])
    assert not await deliver(hosting, brand, hosting.stripe.webhooks.happened[-1])
    assert theirs["status"] == "active"
    assert await brand.rows("billing_subscriptions") == []


async def test_the_plan_follows_the_prices_that_are_paid(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber("flex")
    usage = hosting.settings.stripe_revshare_usage_price_id
    assert usage is not None
    price = hosting.stripe.store.get("price", usage)
    subscription["items"]["data"] = [{**subscription["items"]["data"][0], "price": price}]
    await hosting.look(brand, subscription)
    assert ((await account(brand))["plan"], (await mirror(brand))["plan"]) == (
        "revshare", "revshare",
    )  # fmt: skip


async def test_enterprise_stays_what_the_operator_set(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    await choose(brand, "enterprise")
    await hosting.look(brand, subscription)
    assert (await account(brand))["plan"] == "enterprise"


async def test_a_second_subscription_is_told_and_not_followed(hosting: Platform) -> None:
    brand, first = await hosting.subscriber()
    price = hosting.settings.stripe_flat_price_id
    assert price is not None
    second = new_subscription(hosting.stripe, first["customer"], [price])
    await hosting.look(brand, second)
    assert (await mirror(brand))["stripe_subscription_id"] == first["id"]
    [letter] = hosting.told(brand)
    assert first["id"] in letter.text
    assert second["id"] in letter.text


@pytest.mark.parametrize("how", ["canceled", "missing"])
async def test_the_nightly_look_ends_what_stripe_no_longer_has(how: str, hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    await evaluation_over(brand)
    if how == "canceled":
        cancel(hosting.stripe, subscription)
    else:
        del hosting.stripe.store.objects["subscription"][subscription["id"]]
    await hosting.worker.act("billing-reconcile")
    await hosting.worker.drain()
    seen = await mirror(brand)
    assert (seen["status"], seen["ended_at"] is None) == ("canceled", False)
    assert [letter.subject for letter in hosting.told(brand)] == [
        f"[OpenPartner] {brand.slug}: the subscription has ended"
    ]
    assert (await brand.post("/campaigns", {})).status_code == 402
    async with session_of(brand) as session:
        assert not await entitled_to_white_label(session, hosting.settings)
    await hosting.worker.act("billing-reconcile")
    await hosting.worker.drain()
    assert len(hosting.told(brand)) == 1


async def test_a_scheduled_end_is_told_once_and_again_after_a_change_of_mind(
    hosting: Platform,
) -> None:
    brand, subscription = await hosting.subscriber()

    async def night() -> int:
        await hosting.worker.act("billing-reconcile")
        await hosting.worker.drain()
        return len(hosting.told(brand))

    assert await night() == 0
    cancel_later(hosting.stripe, subscription)
    assert (await night(), await night()) == (1, 1)
    resume(hosting.stripe, subscription)
    assert await night() == 1
    cancel_later(hosting.stripe, subscription)
    assert (await night(), await night()) == (2, 2)
    assert (await mirror(brand))["ended_at"] is None


async def test_a_late_payment_is_shown_and_ends_nothing(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    await evaluation_over(brand)
    change(hosting.stripe, subscription, status="past_due")
    await hosting.worker.act("billing-reconcile")
    seen = await mirror(brand)
    assert (seen["status"], seen["ended_at"]) == ("past_due", None)
    assert (await brand.post("/campaigns", {})).status_code == 400
    assert hosting.told(brand) == []


@pytest.mark.parametrize("fault", ["500_before", "reset_before", "429"])
async def test_a_stripe_that_can_not_be_asked_is_noted_and_nothing_is_concluded(
    fault: Any, hosting: Platform
) -> None:
    brand, _ = await hosting.subscriber()
    hosting.stripe.fail(fault, "/v1/subscriptions", method="GET", times=1000)
    assert await hosting.worker.act("billing-reconcile") == 0
    seen = await mirror(brand)
    assert (seen["status"], seen["ended_at"], seen["sync_error"] is None) == ("active", None, False)
    hosting.stripe.faults.faults.clear()
    await hosting.worker.act("billing-reconcile")
    assert (await mirror(brand))["sync_error"] is None


async def test_a_subscription_that_is_not_paid_yet_opens_nothing(hosting: Platform) -> None:
    brand = await hosting.brand()
    subscription = pay(hosting.stripe, await hosting.checkout(brand))
    subscription["status"] = "incomplete"
    await hosting.look(brand, subscription)
    assert await brand.rows("billing_subscriptions") == []
    subscription["status"] = "active"
    await hosting.look(brand, subscription)
    assert (await mirror(brand))["status"] == "active"


async def test_a_workspace_about_to_go_stops_paying_and_a_restored_one_goes_on(
    hosting: Platform,
) -> None:
    brand, subscription = await hosting.subscriber()
    await brand.made("/account/delete", {"confirmSlug": brand.slug})
    await hosting.worker.drain()
    assert subscription["cancel_at_period_end"]
    await brand.made("/account/restore")
    await hosting.worker.drain()
    assert not subscription["cancel_at_period_end"]


async def test_a_change_of_mind_that_overtakes_the_worker_is_what_counts(
    hosting: Platform,
) -> None:
    brand, subscription = await hosting.subscriber()
    await brand.made("/account/delete", {"confirmSlug": brand.slug})
    # Restored before anybody told Stripe.
    await brand.made("/account/restore")
    await hosting.worker.drain()
    assert not subscription["cancel_at_period_end"]


async def test_a_name_of_ones_own_comes_with_what_is_paid_or_evaluated(
    hosting: Platform,
) -> None:
    async def entitled(brand: Brand, mode: str = "flat") -> bool:
        settings = hosting.settings.model_copy(update={"openpartner_mode": mode})
        async with session_of(brand) as session:
            return await entitled_to_white_label(session, settings)

    paying, _ = await hosting.subscriber()
    assert await entitled(paying)
    brand = await hosting.brand()
    assert await entitled(brand)
    await evaluation_over(brand)
    assert not await entitled(brand)
    assert await entitled(brand, "selfhost")
    await choose(brand, "enterprise")
    assert await entitled(brand)


async def test_ends_are_kept_to_the_second_that_stripe_names(hosting: Platform) -> None:
    brand, subscription = await hosting.subscriber()
    cancel(hosting.stripe, subscription)
    await hosting.look(brand, subscription)
    ended = datetime.fromtimestamp(subscription["ended_at"], UTC)
    assert (await mirror(brand))["ended_at"] == ended
