"""Many workspaces on one Stripe account: whose an event is, and what it may say of itself."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.outside.world import World
from tests.support.brand import Brand, Json
from tests.support.conversions import click, days_ago, identify, promotion
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.customers import new_customer
from tests.support.stripe_double.shop import charge_of, checkout, invoice_paid, refund
from tests.support.working import Worker

Tell = Callable[..., Awaitable[list[Json]]]
CLAIM = "stripe-events-unclaimed"


@pytest.fixture
def tell(brand: Brand, worker: Worker, stripe_double: StripeDouble, world: World) -> Tell:
    """Delivers everything new, and has it understood; the answers."""
    told = 0

    async def deliver() -> list[Json]:
        nonlocal told
        news = stripe_double.webhooks.happened[told:]
        told = len(stripe_double.webhooks.happened)
        answers = [await stripe_double.webhooks.send(brand.http, event) for event in news]
        await worker.drain()
        assert world.stripe.configured
        return [answer.json() for answer in answers]

    return deliver


async def cref_of(brand: Brand) -> str:
    return await click(brand, await promotion(brand), at=days_ago(1))


async def events(brand: Brand) -> list[tuple[str, int | None]]:
    return sorted((row["type"], row["value_minor"]) for row in await brand.rows("events"))


async def unclaimed(brand: Brand, reason: str) -> int:
    rows = await brand.fetch("select * from unclaimed_stripe_events where reason = $1", reason)
    return len(rows)


async def test_a_click_says_whose_a_checkout_is_and_the_customer_whose_the_rest(
    brand: Brand, other_brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    customer = checkout(stripe_double, await cref_of(brand))["customer"]
    await tell()
    invoice = invoice_paid(stripe_double, customer, 20_000)
    await tell()
    refund(stripe_double, charge_of(stripe_double, invoice), 5000)
    await tell()
    assert await events(brand) == [("invoice_paid", 20_000), ("refund", -5000), ("signup", None)]
    assert await events(other_brand) == []


async def test_what_nobody_knows_waits_unseen_until_somebody_does(
    brand: Brand, worker: Worker, tell: Tell, stripe_double: StripeDouble
) -> None:
    """The invoice overtakes the Checkout that would have said whose customer it is."""
    customer = new_customer(stripe_double)
    stripe_double.webhooks.happened.clear()
    invoice_paid(stripe_double, customer["id"], 20_000)
    stripe_double.webhooks.happened[:] = stripe_double.webhooks.happened[-1:]
    [answer] = await tell()
    assert (answer["skipped"], answer["reason"]) == (True, "unresolved_tenant")
    assert await brand.rows("stripe_events") == []
    stripe_double.webhooks.happened.append(
        stripe_double.webhooks.event(
            "checkout.session.completed",
            checkout(stripe_double, await cref_of(brand), customer=customer),
        )
    )
    await tell()
    await worker.act(CLAIM)
    await worker.drain()
    assert await events(brand) == [("invoice_paid", 20_000), ("signup", None)]
    [row] = await brand.rows("commissions")
    assert row["amount_minor"] == 4000


@pytest.mark.parametrize("known", [True, False])
async def test_s12_a_claim_in_metadata_counts_only_where_our_books_agree(
    brand: Brand, other_brand: Brand, tell: Tell, stripe_double: StripeDouble, known: bool
) -> None:
    user = f"user-{brand.slug}"
    if known:
        await identify(brand, await cref_of(brand), user)
    claimed = {"openpartner_tenant_id": str(brand.tenant_id), "openpartner_user_id": user}
    new_customer(stripe_double, metadata=claimed)
    [answer] = await tell()
    assert answer["reason"] == (None if known else "unresolved_tenant")
    assert await events(brand) == ([("signup", None)] if known else [])
    assert await events(other_brand) == []


async def test_s12_a_claim_against_our_books_is_no_claim(
    brand: Brand, other_brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    """The customer is one brand's; their metadata says another's."""
    customer = checkout(stripe_double, await cref_of(brand))["customer"]
    await tell()
    stripe_double.store.get("customer", customer)["metadata"].clear()
    lie: dict[str, Any] = {"metadata": {"openpartner_tenant_id": str(other_brand.tenant_id)}}
    stripe_double.webhooks.happened.clear()
    invoice_paid(stripe_double, customer, 20_000, **lie)
    stripe_double.webhooks.happened[:] = stripe_double.webhooks.happened[-1:]
    answer = (
        await stripe_double.webhooks.send(brand.http, stripe_double.webhooks.happened[0])
    ).json()
    assert answer["reason"] == "tenant_mismatch"
    assert await events(brand) == [("signup", None)]
    assert await events(other_brand) == []


async def test_s12_another_brands_click_moves_no_customer(
    brand: Brand, other_brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    """Whoever follows a payment link can put any click into its address."""
    customer = checkout(stripe_double, await cref_of(brand))["customer"]
    await tell()
    known = stripe_double.store.get("customer", customer)
    checkout(stripe_double, await cref_of(other_brand), customer=known, amount=5000)
    await tell()
    assert await events(brand) == [("purchase", 5000), ("signup", None)]
    assert await events(other_brand) == []
    assert await other_brand.rows("identities") == []


async def test_s12_a_connected_account_speaks_of_itself_alone(
    brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    """A partner is master of their own Stripe account, and of the metadata in it."""
    metadata = {"openpartner_tenant_id": str(brand.tenant_id), "openpartner_user_id": "anybody"}
    customer = {"id": "cus_forged", "object": "customer", "metadata": metadata}
    stripe_double.webhooks.event("customer.created", customer, account="acct_partner")
    forged = {"id": "acct_stranger", "object": "account", "payouts_enabled": True,
              "metadata": {**metadata, "openpartner_partner_id": str(brand.tenant_id)}}  # fmt: skip
    stripe_double.webhooks.event("account.updated", forged, account="acct_stranger")
    assert [answer["reason"] for answer in await tell()] == [
        "type_not_handled", "unresolved_tenant",
    ]  # fmt: skip
    assert await brand.rows("stripe_events") == []


async def test_a_partners_account_says_by_itself_when_it_can_be_paid(
    brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    partner = await brand.partner()
    account = {"id": f"acct_{brand.slug}", "object": "account", "metadata": {},
               "charges_enabled": True, "payouts_enabled": False, "details_submitted": True}  # fmt: skip
    stripe_double.store.put("account", account)
    await brand.execute(
        "update partners set stripe_connect_account_id = $2 where tenant_id = $1",
        brand.tenant_id, account["id"],
    )  # fmt: skip
    old = stripe_double.webhooks.event("account.updated", account, account=str(account["id"]))
    account["payouts_enabled"] = True
    stripe_double.webhooks.event("account.updated", account, account=str(account["id"]))
    await tell()
    await stripe_double.webhooks.send(brand.http, {**old, "id": "evt_late"})
    shown = (await brand.get(f"/partners/{partner['id']}/connect/status")).json()
    assert shown["payoutsEnabled"] is True
    [row] = await brand.rows("partners")
    assert '"payoutsEnabled": true' in row["metadata"]


async def test_a_partner_who_cuts_their_account_off_can_not_be_paid_there(
    brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    await brand.partner()
    account = {"id": f"acct_left_{brand.slug}", "object": "account", "metadata": {},
               "charges_enabled": True, "payouts_enabled": True, "details_submitted": True}  # fmt: skip
    stripe_double.store.put("account", account)
    await brand.execute(
        "update partners set stripe_connect_account_id = $2 where tenant_id = $1",
        brand.tenant_id, account["id"],
    )  # fmt: skip
    stripe_double.webhooks.event("account.updated", account, account=str(account["id"]))
    await tell()
    [row] = await brand.rows("partners")
    assert '"payoutsEnabled": true' in row["metadata"]
    ours = {"id": "ca_ours", "object": "application", "name": "OpenPartner"}
    later = stripe_double.now() + 60
    stripe_double.webhooks.event(
        "account.application.deauthorized", ours, account=str(account["id"]), created=later
    )
    await tell()
    [row] = await brand.rows("partners")
    assert '"payoutsEnabled": false' in row["metadata"]


async def test_m18_the_brands_own_subscription_and_its_customers_stay_apart(
    brand: Brand, tell: Tell, stripe_double: StripeDouble
) -> None:
    own = new_customer(stripe_double)
    await brand.execute(
        "insert into billing_accounts (tenant_id, plan, stripe_customer_id) values ($1, 'flex', $2)",
        brand.tenant_id, own["id"],
    )  # fmt: skip
    customer = checkout(stripe_double, await cref_of(brand))["customer"]
    await tell()
    invoice_paid(stripe_double, own["id"], 4900)
    theirs = {"id": "sub_theirs", "object": "subscription", "customer": customer, "metadata": {}}
    stripe_double.webhooks.event("customer.subscription.deleted", theirs)
    await tell()
    rows = await brand.rows("stripe_events")
    outcomes = {(row["type"], row["outcome"]) for row in rows}
    assert ("invoice.paid", "billing") in outcomes
    assert ("customer.subscription.deleted", "nothing_to_do") in outcomes
    assert await events(brand) == [("signup", None)]
    assert await brand.rows("billing_subscriptions") == []


async def test_an_event_that_nobody_ever_claims_is_given_up(
    brand: Brand, worker: Worker, tell: Tell, stripe_double: StripeDouble
) -> None:
    invoice_paid(stripe_double, "cus_nobodys", 100)
    await tell()
    assert await unclaimed(brand, "unresolved_tenant") >= 1
    await brand.execute(
        "update unclaimed_stripe_events set received_at = now() - interval '31 days'"
    )
    await worker.act(CLAIM)
    assert await unclaimed(brand, "unresolved_tenant") == 0
