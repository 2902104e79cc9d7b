"""Payouts through Stripe: sent once, whatever is lost on the way, and never sent blind."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.brand import Brand
from tests.support.conversions import commissions
from tests.support.payouts import Sending, approved
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.accounts import onboard
from tests.support.stripe_double.faults import Kind
from tests.support.stripe_double.transfers import fund
from tests.support.working import Worker

DAY = timedelta(days=1)


@pytest.fixture
async def sending(
    brand: Brand, stripe_double: StripeDouble, worker: Worker
) -> AsyncIterator[Sending]:
    sending = await Sending.at(brand, stripe_double, worker)
    yield sending
    await sending.over()


async def states(brand: Brand) -> set[str]:
    return {one["status"] for one in await commissions(brand)}


async def test_m4_an_intent_is_frozen_and_claimed_before_stripe_is_called(sending: Sending) -> None:
    payout = await sending.planned("200.00", "200.00")
    shown = await sending.shown(payout)
    assert (shown["status"], shown["method"], shown["amount"]) == (
        "pending", "stripe_connect", "80.00",
    )  # fmt: skip
    assert shown["transfer"]["state"] == "intent"
    assert shown["transfer"]["idempotencyKey"] == f"payout_{payout}"
    assert shown["transfer"]["destination"] == sending.account
    [frozen] = await sending.brand.rows("payout_transfers")
    assert frozen["amount"] == 8000
    assert sending.posts() == []
    claimed = await commissions(sending.brand)
    assert {(one["status"], one["payoutId"]) for one in claimed} == {("approved", payout)}
    assert (await sending.brand.made("/payouts/run"))["payouts"] == []


async def test_a_payout_is_sent_and_its_commissions_are_paid(sending: Sending) -> None:
    payout = await sending.planned("200.00", "200.00")
    await sending.work()
    [transfer] = sending.transfers()
    assert (transfer["amount"], transfer["currency"], transfer["destination"]) == (
        8000, "usd", sending.account,
    )  # fmt: skip
    assert transfer["transfer_group"] == payout
    assert transfer["metadata"] == {
        "openpartner_payout_id": payout,
        "openpartner_tenant_id": str(sending.brand.tenant_id),
        "openpartner_generation": "0",
        "mode": "selfhost",
    }
    shown = await sending.shown(payout)
    assert (shown["status"], shown["stripeTransferId"]) == ("paid", transfer["id"])
    assert shown["completedAt"] is not None
    assert shown["stuck"] is False
    assert await states(sending.brand) == {"paid"}
    assert await sending.history(payout) == ["planned", "paid"]
    await sending.sweep()
    assert sending.posts() == [f"payout_{payout}"]


async def test_later_earnings_form_a_payout_of_their_own(sending: Sending) -> None:
    for value in ("125.00", "400.00"):
        await sending.planned(value)
        await sending.work()
    assert [one["amount"] for one in sending.transfers()] == [2500, 8000]


@pytest.mark.parametrize(
    "kind", ["timeout_after", "reset_after", "500_after", "timeout_before", "reset_before",
             "500_before", "429"],
)  # fmt: skip
async def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(
    sending: Sending, kind: Kind
) -> None:
    payout = await sending.planned()
    sending.double.fail(kind, "/v1/transfers")
    await sending.work()
    assert await sending.state(payout) == ("pending", "posted")
    assert await states(sending.brand) == {"approved"}
    await approved(sending.brand, sending.link)
    run = await sending.brand.made("/payouts/run")
    assert (run["payouts"], [one["reason"] for one in run["blocked"]]) == ([], ["payout_open"])
    await sending.cooled(payout)
    await sending.sweep()
    if kind == "500_after":
        # Stripe replays its own failure for as long as it keeps the key; then we look instead.
        assert await sending.state(payout) == ("pending", "posted")
        await sending.later(payout, DAY)
        await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")
    assert len(sending.transfers()) == 1
    assert set(sending.posts()) == {f"payout_{payout}"}


async def test_after_silence_the_next_attempt_comes_within_minutes_and_without_the_sweep(
    sending: Sending,
) -> None:
    payout = await sending.planned()
    sending.double.fail("reset_after", "/v1/transfers")
    await sending.work()
    again = "select 1 from jobs where name = 'payouts.send' and tenant_id = $1 and done_at is null"
    tenant = sending.brand.tenant_id
    assert await sending.brand.fetch(f"{again} and run_at < now() + interval '2 minutes'", tenant)
    await sending.cooled(payout)
    await sending.brand.execute("update jobs set run_at = now() where tenant_id = $1", tenant)
    await sending.work()
    assert await sending.state(payout) == ("paid", "confirmed")
    assert await sending.brand.fetch(again, tenant) == []


async def test_a_warm_lease_is_not_stolen(sending: Sending) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_before", "/v1/transfers")
    await sending.work()
    await sending.sweep()
    await sending.sweep()
    assert len(sending.posts()) == 1
    await sending.cooled(payout)
    await sending.sweep()
    assert len(sending.posts()) == 2


@pytest.mark.parametrize("hours", [23, 23.5, 25])
async def test_after_the_life_of_a_key_stripe_is_searched_and_what_it_has_is_adopted(
    sending: Sending, hours: float
) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    await sending.later(payout, timedelta(hours=hours))
    await sending.sweep()
    [transfer] = sending.transfers()
    assert await sending.state(payout) == ("paid", "confirmed")
    assert (await sending.shown(payout))["stripeTransferId"] == transfer["id"]
    assert len(sending.posts()) == 1


async def test_what_stripe_does_not_have_is_held_for_ever_and_never_sent_again(
    sending: Sending,
) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_before", "/v1/transfers")
    await sending.work()
    for _ in range(3):
        await sending.later(payout, DAY)
        await sending.sweep()
    assert await sending.state(payout) == ("pending", "reconcile_required")
    assert len(sending.posts()) == 1
    assert await states(sending.brand) == {"approved"}
    stuck = (await sending.brand.get("/payouts", params={"state": "stuck"})).json()["payouts"]
    assert [(one["id"], one["stuck"]) for one in stuck] == [(payout, True)]
    assert "release it" in stuck[0]["why"]
    assert stuck[0]["transfer"]["problem"] == "not_found_at_stripe"


async def test_what_arrives_late_settles_a_held_payout(sending: Sending) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    [late] = sending.transfers()
    sending.double.store.objects["transfer"] = {}
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "reconcile_required")
    sending.double.store.put("transfer", late)
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")


async def test_a_refusal_fails_the_payout_and_frees_what_it_claimed(sending: Sending) -> None:
    fund(sending.double, 100, "usd")
    payout = await sending.planned()
    await sending.work()
    shown = await sending.shown(payout)
    assert (shown["status"], shown["transfer"]["state"]) == ("failed", "failed")
    assert shown["metadata"]["error"] == "balance_insufficient"
    assert "insufficient" in shown["metadata"]["errorDetail"]
    assert {(one["status"], one["payoutId"]) for one in await commissions(sending.brand)} == {
        ("approved", None)
    }
    fund(sending.double, 10_000, "usd")
    [again] = (await sending.brand.made("/payouts/run"))["payouts"]
    await sending.work()
    assert await sending.state(again["payoutId"]) == ("paid", "confirmed")
    assert len(sending.transfers()) == 1


async def test_a_commission_that_changed_cancels_the_payout_before_it_is_sent(
    sending: Sending,
) -> None:
    payout = await sending.planned("200.00", "100.00")
    [smaller] = [one for one in await commissions(sending.brand) if one["amount"] == "20.00"]
    await sending.brand.execute(
        "update commissions set claimed_minor = claimed_minor - 1 where id = $1",
        UUID(smaller["id"]),
    )
    await sending.work()
    assert await sending.state(payout) == ("failed", "canceled")
    assert (await sending.shown(payout))["metadata"]["error"] == "commission_set_changed"
    assert sending.posts() == []


async def test_a_partner_who_is_no_longer_ready_is_not_sent_anything(sending: Sending) -> None:
    payout = await sending.planned()
    onboard(sending.double, sending.account, payouts=False)
    await sending.brand.get(f"/partners/{sending.partner_id}/connect/status")
    await sending.work()
    assert await sending.state(payout) == ("failed", "canceled")
    assert (await sending.shown(payout))["metadata"]["error"] == "stripe_onboarding_incomplete"
    assert sending.posts() == []


async def test_a_payee_who_changed_gets_a_new_payout_to_the_new_account(sending: Sending) -> None:
    payout = await sending.planned()
    other = f"{sending.account}-other"
    sending.double.store.put(
        "account", {**sending.double.store.get("account", sending.account), "id": other}
    )
    await sending.brand.execute(
        "update partners set stripe_connect_account_id = $2 where id = $1",
        UUID(sending.partner_id), other,
    )  # fmt: skip
    await sending.work()
    assert await sending.state(payout) == ("failed", "canceled")
    assert (await sending.shown(payout))["metadata"]["error"] == "payee_changed"
    [transfer] = sending.transfers()
    assert (transfer["destination"], transfer["amount"]) == (other, 4000)
    assert await states(sending.brand) == {"paid"}
