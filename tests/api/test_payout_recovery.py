"""What operators decide about payouts that can't go on by themselves, and what Stripe has to say to it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.brand import Brand, Json
from tests.support.conversions import commissions
from tests.support.payouts import Sending
from tests.support.refusals import refusal
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.transfers import reverse
from tests.support.working import Worker

DAY = timedelta(days=1)
RELEASE, DISPOSE = "release_intent_for_retry", "dispose_intent"
RESOLVE = "resolve_duplicate_review"


@pytest.fixture
async def sending(
    brand: Brand, stripe_double: StripeDouble, worker: Worker
) -> AsyncIterator[Sending]:
    sending = await Sending.at(brand, stripe_double, worker)
    yield sending
    await sending.over()


async def held(sending: Sending) -> str:
    """A payout whose transfer never reached Stripe, and whose key has run out."""
    payout = await sending.planned()
    sending.double.fail("reset_before", "/v1/transfers")
    await sending.work()
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "reconcile_required")
    return payout


async def commissions_are(sending: Sending, status: str) -> bool:
    return {one["status"] for one in await commissions(sending.brand)} == {status}


async def doubled(sending: Sending) -> str:
    """A payout of which Stripe has two transfers: `tr_second` and one more."""
    payout = await sending.planned()
    sending.double.fail("reset_after", "/v1/transfers")
    await sending.work()
    [first] = sending.transfers()
    sending.double.store.put("transfer", {**first, "id": "tr_second", "reversals": {"data": []}})
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("failed", "duplicate_review")
    return payout


async def test_a_held_payout_is_released_under_a_new_key(sending: Sending) -> None:
    payout = await held(sending)
    answer = await sending.decide(payout, RELEASE, note="Looked at Stripe")
    assert answer.json()["payout"]["transfer"]["generation"] == 1
    await sending.work()
    assert await sending.state(payout) == ("paid", "confirmed")
    assert sending.posts() == [f"payout_{payout}", f"payout_{payout}_g1"]
    assert await sending.history(payout) == ["planned", "held", RELEASE, "paid"]
    [step] = [row for row in await sending.brand.rows("payout_steps") if row["action"] == RELEASE]
    assert step["actor"].startswith("key:")


async def test_two_operators_release_a_payout_once(sending: Sending) -> None:
    payout = await held(sending)
    answers = await asyncio.gather(
        *(sending.decide(payout, RELEASE, observedGeneration=0) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    codes = {refusal(answer)[1] for answer in answers if answer.status_code == 409}
    assert codes <= {"generation_moved", "not_releasable"}
    await sending.work()
    assert len(sending.transfers()) == 1
    late = await sending.decide(payout, RELEASE, observedGeneration=0)
    assert refusal(late) == (409, "generation_moved")


async def test_what_stripe_has_is_not_released(sending: Sending) -> None:
    payout = await held(sending)
    sending.double.store.put(
        "transfer",
        {"id": "tr_late", "transfer_group": payout, "amount": 4000, "currency": "usd",
         "destination": sending.account, "amount_reversed": 0, "created": 1,
         "metadata": {"openpartner_payout_id": payout, "openpartner_generation": "0",
                      "openpartner_tenant_id": str(sending.brand.tenant_id)}},
    )  # fmt: skip
    assert refusal(await sending.decide(payout, RELEASE)) == (409, "transfer_exists")
    assert refusal(await sending.decide(payout, DISPOSE)) == (409, "money_with_partner")
    refused = [
        row["details"]
        for row in await sending.brand.rows("payout_steps")
        if "refused" in row["details"]
    ]
    assert len(refused) == 2
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")


async def test_nothing_is_decided_while_stripe_does_not_answer(sending: Sending) -> None:
    payout = await held(sending)
    for action in (RELEASE, DISPOSE):
        sending.double.fail("500_before", "/v1/transfers", method="GET")
        assert refusal(await sending.decide(payout, action)) == (409, "cannot_verify")
    assert await sending.state(payout) == ("pending", "reconcile_required")


async def test_a_list_without_an_end_verifies_nothing(sending: Sending) -> None:
    payout = await held(sending)
    for number in range(1001):
        sending.double.store.put(
            "transfer",
            {"id": f"tr_{number}", "transfer_group": payout, "amount": 1,
             "currency": "usd", "destination": "acct", "amount_reversed": 1, "created": 1,
             "metadata": {"openpartner_tenant_id": ""}},
        )  # fmt: skip
    assert refusal(await sending.decide(payout, DISPOSE)) == (409, "cannot_verify")


async def test_a_held_payout_is_disposed_of_and_its_commissions_are_free(sending: Sending) -> None:
    payout = await held(sending)
    answer = await sending.decide(payout, DISPOSE)
    assert answer.json()["payout"]["status"] == "failed"
    assert await sending.state(payout) == ("failed", "canceled")
    assert {one["payoutId"] for one in await commissions(sending.brand)} == {None}
    assert refusal(await sending.decide(payout, DISPOSE)) == (409, "not_disposable")
    [again] = (await sending.brand.made("/payouts/run"))["payouts"]
    await sending.work()
    assert await sending.state(again["payoutId"]) == ("paid", "confirmed")


async def test_an_intent_is_disposed_of_before_it_is_sent(sending: Sending) -> None:
    payout = await sending.planned()
    await sending.decide(payout, DISPOSE)
    await sending.work()
    assert sending.posts() == []


async def test_only_what_is_held_can_be_decided_on(sending: Sending) -> None:
    payout = await sending.planned()
    assert refusal(await sending.decide(payout, RELEASE)) == (409, "not_releasable")
    assert refusal(await sending.decide(payout, RESOLVE)) == (409, "not_in_duplicate_review")
    await sending.work()
    assert refusal(await sending.decide(payout, DISPOSE)) == (409, "not_disposable")


async def test_a_payout_that_is_being_asked_about_is_busy(sending: Sending) -> None:
    payout = await held(sending)
    fault = sending.double.fail("held", "/v1/transfers", method="POST")
    fault.release()
    await sending.brand.execute(
        "update payout_transfers set leased_until = now() + interval '1 minute'"
        " where payout_id = $1::text::uuid", payout,
    )  # fmt: skip
    assert refusal(await sending.decide(payout, DISPOSE)) == (409, "payout_busy")


async def test_a_review_ends_when_all_but_one_transfer_came_back(sending: Sending) -> None:
    payout = await doubled(sending)
    first = sending.transfers()[0]["id"]
    assert refusal(await sending.decide(payout, RESOLVE)) == (409, "money_with_partner")
    keep_unknown = await sending.decide(payout, RESOLVE, keepTransferId="tr_unknown")
    assert refusal(keep_unknown) == (409, "kept_transfer_invalid")
    too_soon = await sending.decide(payout, RESOLVE, keepTransferId=first)
    assert refusal(too_soon) == (409, "transfers_still_live")
    reverse(sending.double, "tr_second")
    reversed_one = await sending.decide(payout, RESOLVE, keepTransferId="tr_second")
    assert refusal(reversed_one) == (409, "kept_transfer_invalid")
    await sending.decide(payout, RESOLVE, keepTransferId=first)
    shown = await sending.shown(payout)
    assert (shown["status"], shown["stripeTransferId"]) == ("paid", first)
    assert {one["status"] for one in await commissions(sending.brand)} == {"paid"}


async def test_a_review_ends_when_every_transfer_came_back(sending: Sending) -> None:
    payout = await doubled(sending)
    for transfer in sending.transfers():
        reverse(sending.double, transfer["id"])
    await sending.decide(payout, RESOLVE)
    assert await sending.state(payout) == ("failed", "canceled")
    assert {one["payoutId"] for one in await commissions(sending.brand)} == {None}


async def late(sending: Sending) -> tuple[str, Json]:
    """A payout that an operator released, since Stripe didn't show the transfer that it had."""
    payout = await sending.planned()
    sending.double.fail("reset_after", "/v1/transfers")
    await sending.work()
    [hidden] = sending.transfers()
    sending.double.store.objects["transfer"] = {}
    await sending.later(payout, DAY)
    await sending.sweep()
    await sending.decide(payout, RELEASE)
    return payout, hidden


async def test_an_attempt_of_a_superseded_generation_that_arrives_before_the_next_is_not_doubled(
    sending: Sending,
) -> None:
    payout, hidden = await late(sending)
    sending.double.store.put("transfer", hidden)
    await sending.work()
    assert await sending.state(payout) == ("failed", "duplicate_review")
    assert len(sending.transfers()) == 1
    await sending.decide(payout, RESOLVE, keepTransferId=hidden["id"])
    assert await sending.state(payout) == ("paid", "confirmed")
    assert await commissions_are(sending, "paid")


async def test_an_attempt_of_a_superseded_generation_that_arrives_late_is_reviewed(
    sending: Sending,
) -> None:
    payout, hidden = await late(sending)
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    sending.double.store.put("transfer", hidden)
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("failed", "duplicate_review")
    assert len(sending.transfers()) == 2


async def test_what_was_brought_from_elsewhere_is_never_sent_from_here(sending: Sending) -> None:
    """Exports leave transfers behind, so that two installations don't send the same payout."""
    payout = await sending.planned()
    await sending.brand.execute(
        "delete from payout_transfers where payout_id = $1::text::uuid", payout
    )
    await sending.work()
    await sending.sweep()
    assert sending.posts() == []
    [stuck] = (await sending.brand.get("/payouts", params={"state": "stuck"})).json()["payouts"]
    assert (stuck["id"], stuck["transfer"]) == (payout, None)
    await sending.decide(payout, DISPOSE, observedGeneration=0)
    assert {one["payoutId"] for one in await commissions(sending.brand)} == {None}
