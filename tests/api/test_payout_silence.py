"""Payouts through Stripe that somebody else works on, too, or whose transfers aren't what was ordered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.support.brand import Brand
from tests.support.conversions import commissions
from tests.support.payouts import Sending
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.transfers import reverse
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


async def test_eight_callers_of_one_payout_send_it_once(sending: Sending) -> None:
    payout = await sending.planned()
    await asyncio.gather(*(sending.sweep() for _ in range(8)))
    assert await sending.state(payout) == ("paid", "confirmed")
    assert (len(sending.transfers()), len(sending.posts())) == (1, 1)


async def test_a_worker_who_was_overtaken_changes_nothing(sending: Sending) -> None:
    payout = await sending.planned()
    first, held = await sending.held()
    taken_over = "update payout_transfers set lease = $2 where payout_id = $1"
    await sending.brand.execute(taken_over, UUID(payout), new_id())
    held.release()
    await first
    assert await sending.state(payout) == ("pending", "posted")
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")
    assert len(sending.transfers()) == 1


async def test_a_key_that_is_in_use_says_nothing(sending: Sending) -> None:
    payout = await sending.planned()
    first, held = await sending.held()
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "posted")
    assert "in-progress" in (await sending.shown(payout))["transfer"]["problemDetail"]
    held.release()
    await first
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")
    assert len(sending.transfers()) == 1


async def test_a_key_used_for_something_else_says_nothing(sending: Sending) -> None:
    """Stripe's 400 for a reused key doesn't mean that nothing was done."""
    payout = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    kept = sending.double.keys.kept[None, f"payout_{payout}"]
    kept.request = (*kept.request[:2], {"amount": "1"})
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "posted")
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")


async def test_a_replayed_answer_is_not_believed_about_what_happened_since(
    sending: Sending,
) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    [transfer] = sending.transfers()
    reverse(sending.double, transfer["id"])
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("failed", "reversed")
    assert {(one["status"], one["payoutId"]) for one in await commissions(sending.brand)} == {
        ("approved", None)
    }


@pytest.mark.parametrize("moment", ["null", "now() + interval '1 hour'"])
async def test_an_attempt_of_an_unknown_time_is_looked_for_and_not_sent(
    sending: Sending, moment: str
) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_before", "/v1/transfers")
    await sending.work()
    await sending.cooled(payout)
    if moment == "null":
        await sending.brand.execute(
            "update payout_transfers set state = 'reconcile_required', first_posted_at = null"
            " where payout_id = $1", UUID(payout),
        )  # fmt: skip
    else:
        await sending.brand.execute(
            "update payout_transfers set first_posted_at = now() + interval '1 hour'"
            " where payout_id = $1", UUID(payout),
        )  # fmt: skip
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "reconcile_required")
    assert len(sending.posts()) == 1


@pytest.mark.parametrize("change", [{"amount": 1}, {"destination": "acct_other"},
                                    {"generation": "7"}, {"generation": "none"}])  # fmt: skip
async def test_a_transfer_other_than_ordered_is_for_people_to_look_at(
    sending: Sending, change: dict[str, object]
) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    [transfer] = sending.transfers()
    if "generation" in change:
        transfer["metadata"]["openpartner_generation"] = change["generation"]
    else:
        transfer.update(change)
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("failed", "duplicate_review")
    claimed = {(one["status"], one["payoutId"]) for one in await commissions(sending.brand)}
    assert claimed == {("approved", payout)}
    [stuck] = (await sending.brand.get("/payouts", params={"state": "stuck"})).json()["payouts"]
    assert stuck["id"] == payout


async def test_two_transfers_of_one_payout_are_for_people_to_look_at(sending: Sending) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    [transfer] = sending.transfers()
    sending.double.store.put("transfer", {**transfer, "id": "tr_second"})
    await sending.later(payout, DAY)
    await sending.sweep()
    assert await sending.state(payout) == ("failed", "duplicate_review")
    asked = len(sending.double.calls)
    await sending.later(payout, DAY)
    await sending.sweep()
    assert len(sending.double.calls) == asked, "under review, it isn't asked about any more"


async def test_a_list_that_breaks_off_is_no_answer(sending: Sending) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_before", "/v1/transfers")
    await sending.work()
    await sending.later(payout, DAY)
    sending.double.fail("500_before", "/v1/transfers", method="GET")
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "posted")


async def test_the_least_recently_attempted_is_sent_first(sending: Sending) -> None:
    first = await sending.planned()
    sending.double.fail("timeout_before", "/v1/transfers")
    await sending.work()
    await sending.cooled(first)
    other = await Sending.at(sending.brand, sending.double, sending.worker)
    second = await other.planned()
    await sending.brand.execute("update jobs set dead_at = now() where name = 'payouts.send'")
    await sending.sweep()
    assert sending.posts()[1:] == [f"payout_{second}", f"payout_{first}"]


async def test_one_payout_that_breaks_does_not_hold_up_the_others(sending: Sending) -> None:
    """Its partner's data can't be read; the sweep says so, and goes on."""
    broken = await sending.planned()
    other = await Sending.at(sending.brand, sending.double, sending.worker)
    fine = await other.planned()
    await sending.brand.execute("update jobs set dead_at = now() where name = 'payouts.send'")
    await sending.brand.execute(
        "update partners set metadata = '[]' where id = $1", UUID(sending.partner_id)
    )
    with pytest.raises(RuntimeError, match="1 payouts"):
        await sending.sweep()
    assert await sending.state(fine) == ("paid", "confirmed")
    assert await sending.state(broken) == ("pending", "intent")


async def test_another_brands_payouts_are_out_of_reach(
    sending: Sending, other_brand: Brand
) -> None:
    payout = await sending.planned()
    assert (await other_brand.get(f"/payouts/{payout}")).status_code == 404
    assert (await other_brand.get("/payouts")).json()["payouts"] == []


async def test_a_frozen_brand_sends_nothing_but_still_finds_out(sending: Sending) -> None:
    lost = await sending.planned()
    sending.double.fail("timeout_after", "/v1/transfers")
    await sending.work()
    other = await Sending.at(sending.brand, sending.double, sending.worker)
    waiting = await other.planned()
    await sending.brand.made("/config/payouts", {"frozen": True})
    await sending.cooled(lost)
    await sending.sweep()
    assert await sending.state(lost) == ("paid", "confirmed")
    assert await sending.state(waiting) == ("pending", "intent")
    await sending.brand.made("/config/payouts", {"frozen": False})
    await sending.sweep()
    assert await sending.state(waiting) == ("paid", "confirmed")


async def test_freezing_holds_nothing_whose_key_still_lives(sending: Sending) -> None:
    payout = await sending.planned()
    sending.double.fail("timeout_before", "/v1/transfers")
    await sending.work()
    await sending.brand.made("/config/payouts", {"frozen": True})
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("pending", "posted")
    await sending.brand.made("/config/payouts", {"frozen": False})
    await sending.cooled(payout)
    await sending.sweep()
    assert await sending.state(payout) == ("paid", "confirmed")


async def test_no_transaction_is_open_while_stripe_is_asked(sending: Sending) -> None:
    payout = await sending.planned()
    task, held = await sending.held()
    busy = await sending.brand.fetch(
        "select query from pg_stat_activity where datname = current_database()"
        " and state like 'idle in transaction%'"
    )
    held.release()
    await task
    assert busy == []
    assert await sending.state(payout) == ("paid", "confirmed")
