"""What happens to payouts after they were sent: reversals, late transfers, and two books that differ."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payouts import jobs
from api.features.payouts.comparing import LOOK_BACK, compare
from api.features.payouts.for_others import transfer_changed
from api.features.payouts.transfers import since
from shared.clock import now
from tests.support.brand import Brand, Json
from tests.support.conversions import commissions
from tests.support.ledger import books, session_of, wrongs
from tests.support.payouts import Sending
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.transfers import reverse
from tests.support.working import Worker


@pytest.fixture
async def sending(
    brand: Brand, stripe_double: StripeDouble, worker: Worker
) -> AsyncIterator[Sending]:
    sending = await Sending.at(brand, stripe_double, worker)
    yield sending
    await sending.over()


async def tell(sending: Sending, transfer: Mapping[str, Any], times: int = 1) -> None:
    """Stripe's event arrives, as often as it likes."""
    for _ in range(times):
        async with session_of(sending.brand) as session:
            assert await transfer_changed(session, transfer)
    await sending.work()


async def paid(sending: Sending) -> tuple[str, Json]:
    payout = await sending.planned()
    await sending.work()
    return payout, sending.transfers()[-1]


async def test_m8_a_reversed_transfer_is_owed_again(sending: Sending) -> None:
    payout, transfer = await paid(sending)
    reverse(sending.double, transfer["id"])
    await tell(sending, transfer, times=3)
    assert await sending.state(payout) == ("failed", "reversed")
    shown = await sending.shown(payout)
    assert (shown["completedAt"], shown["metadata"]["error"]) == (None, "transfer_reversed")
    assert {(one["status"], one["payoutId"]) for one in await commissions(sending.brand)} == {
        ("approved", None)
    }
    again = await sending.brand.made("/payouts/run")
    assert [one["amount"] for one in again["payouts"]] == ["40.00"]
    assert await wrongs(sending.brand) == []


async def test_m8_a_part_that_came_back_is_owed_again_each_time(sending: Sending) -> None:
    payout, transfer = await paid(sending)
    for amount, paid_then in ((1000, 3000), (500, 2500)):
        reverse(sending.double, transfer["id"], amount)
        await tell(sending, transfer, times=2)
        assert (await books(sending.brand))["paid"] == paid_then
    assert await sending.state(payout) == ("paid", "confirmed")
    seen = await sending.brand.made("/payouts/preview")
    assert [one["amount"] for one in seen["payouts"]] == ["15.00"]
    reverse(sending.double, transfer["id"])
    await tell(sending, transfer)
    assert await sending.state(payout) == ("failed", "reversed")
    assert (await books(sending.brand)).get("paid", 0) == 0
    assert await wrongs(sending.brand) == []


async def test_an_event_that_is_older_than_what_we_know_changes_nothing(sending: Sending) -> None:
    payout, transfer = await paid(sending)
    before = {**transfer, "reversed": True, "amount_reversed": transfer["amount"]}
    await tell(sending, before)
    assert await sending.state(payout) == ("paid", "confirmed")


async def test_an_event_settles_what_lost_its_answer(sending: Sending) -> None:
    payout = await sending.planned()
    sending.double.fail("reset_after", "/v1/transfers")
    await sending.work()
    await sending.cooled(payout)
    [transfer] = sending.transfers()
    await tell(sending, transfer)
    assert await sending.state(payout) == ("paid", "confirmed")


async def test_a_second_transfer_of_a_paid_payout_is_reviewed(sending: Sending) -> None:
    payout, transfer = await paid(sending)
    sending.double.store.put("transfer", {**transfer, "id": "tr_second"})
    await tell(sending, transfer)
    assert await sending.state(payout) == ("paid", "duplicate_review")
    reverse(sending.double, "tr_second")
    answer = await sending.decide(payout, "resolve_duplicate_review", keepTransferId=transfer["id"])
    assert answer.json()["payout"]["transfer"]["state"] == "confirmed"
    assert (await books(sending.brand))["paid"] == 4000


async def test_events_about_others_transfers_are_not_ours(brand: Brand) -> None:
    async with session_of(brand) as session:
        assert not await transfer_changed(session, {"id": "tr_other"})
        assert not await transfer_changed(
            session, {"id": "tr_x", "metadata": {"openpartner_payout_id": "nonsense"}}
        )


async def differ(sending: Sending) -> list[Json]:
    """Compares once the dust has settled; what is shown as open."""
    await sending.brand.execute(
        "update payout_transfers set last_attempt_at = last_attempt_at - interval '1 hour'"
        " where tenant_id = $1", sending.brand.tenant_id,
    )  # fmt: skip
    begin = now() - LOOK_BACK
    mine = str(sending.brand.tenant_id)
    stripe = sending.worker.runner.outside.stripe
    found = [one for one in await since(stripe, begin) if one.tenant_id == mine]
    async with session_of(sending.brand) as session:
        await compare(session, found, begin)
    listed: list[Json] = (await sending.brand.get("/payouts/differences")).json()["differences"]
    return listed


async def test_payouts_and_transfers_that_agree_are_not_mentioned(sending: Sending) -> None:
    await paid(sending)
    assert await differ(sending) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [("ours_not_theirs", None), ("amount_differs", {"amount": 1}),
     ("amount_differs", {"destination": "acct_other"}),
     ("state_differs", {"amount_reversed": 4000}),
     ("theirs_not_ours", {"metadata": {"openpartner_payout_id": "unknown"}})],
)  # fmt: skip
async def test_every_difference_is_shown_until_it_is_gone(
    sending: Sending, kind: str, change: Json | None
) -> None:
    payout, transfer = await paid(sending)
    honest = {**transfer, "metadata": dict(transfer["metadata"])}
    objects = sending.double.store.objects["transfer"]
    if change is None:
        del objects[transfer["id"]]
    elif "metadata" in change:
        transfer["metadata"] |= change["metadata"]
    else:
        transfer |= change
    found = await differ(sending)
    assert kind in {one["kind"] for one in found}
    assert {one["payoutId"] for one in found} & {payout, None}
    again = await differ(sending)
    assert [one["id"] for one in again] == [one["id"] for one in found]
    objects[transfer["id"]] = honest
    assert await differ(sending) == []
    settled = (await sending.brand.get("/payouts/differences", params={"all": True})).json()
    assert all(one["resolvedAt"] for one in settled["differences"])


async def test_a_failed_payout_whose_transfer_arrived_is_shown(sending: Sending) -> None:
    payout, transfer = await paid(sending)
    reverse(sending.double, transfer["id"])
    await tell(sending, transfer)
    transfer["amount_reversed"] = 0
    [one] = await differ(sending)
    assert (one["kind"], one["payoutId"]) == ("state_differs", payout)


async def test_the_hourly_comparison_counts_what_differs(sending: Sending) -> None:
    _, transfer = await paid(sending)
    transfer["amount"] = 1
    await sending.brand.execute(
        "update payout_transfers set last_attempt_at = last_attempt_at - interval '1 hour'"
        " where tenant_id = $1", sending.brand.tenant_id,
    )  # fmt: skip
    assert await sending.worker.act("payout-reconcile") == 0
    [one] = (await sending.brand.get("/payouts/differences")).json()["differences"]
    assert one["kind"] == "amount_differs"


async def test_a_reversal_of_which_no_event_told_is_found_by_the_comparison(
    sending: Sending,
) -> None:
    payout, transfer = await paid(sending)
    reverse(sending.double, transfer["id"])
    await sending.later(payout, timedelta(minutes=30))
    await sending.worker.act("payout-reconcile")
    await sending.work()
    assert await sending.state(payout) == ("failed", "reversed")


async def test_a_brand_that_can_not_be_compared_does_not_stop_the_others(
    sending: Sending, other_brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid(sending)
    compared: list[object] = []

    async def breaks_here(session: AsyncSession, *_: object) -> list[object]:
        pinned = await session.scalar(text("select current_setting('app.tenant_id')"))
        if pinned == str(sending.brand.tenant_id):
            raise RuntimeError("only here")
        compared.append(pinned)
        return []

    monkeypatch.setattr(jobs, "compare", breaks_here)
    assert await sending.worker.act("payout-reconcile") == 1
    assert str(other_brand.tenant_id) in compared
