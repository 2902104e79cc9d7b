"""A click that counts after all: what wasn't credited is, and the difference is booked, never re-paid."""

from typing import Any

import pytest

from tests.support.brand import Brand, Json
from tests.support.campaigns import edit
from tests.support.conversions import (
    amounts,
    commissions,
    days_ago,
    explained,
    promotion,
    report,
    visit,
)
from tests.support.ledger import books, wrongs

REFUND: Json = {"type": "refund", "corrects": "order-1"}


async def rivals(brand: Brand, **campaign: Any) -> tuple[str, str, str]:
    """A partner whose click counts, and one whose later click is held back; and that click."""
    link = await promotion(brand, **campaign)
    rival = await brand.link(await brand.partner(), {"id": link["campaignId"]})
    await visit(brand, link, at=days_ago(3))
    held = await visit(brand, rival, at=days_ago(2), flag="velocity")
    return link["partnerId"], rival["partnerId"], held


async def unflag(brand: Brand, cref: str) -> int:
    changed: int = (await brand.made(f"/clicks/{cref}/unflag"))["reattributedEvents"]
    return changed


async def given(brand: Brand) -> dict[str, int]:
    """What adjustments have given each partner, in minor units."""
    sums: dict[str, int] = {}
    for row in await brand.rows("adjustments"):
        partner = str(row["partner_id"])
        sums[partner] = sums.get(partner, 0) + row["amount_minor"]
    return {partner: amount for partner, amount in sums.items() if amount}


async def test_m15_an_unflagged_click_moves_its_share_by_adjustments(brand: Brand) -> None:
    first, second, held = await rivals(brand)
    reported = await report(brand)
    before = await commissions(brand)
    assert await unflag(brand, held) == 1
    assert await commissions(brand) == before
    assert await given(brand) == {first: -4000, second: 4000}
    assert await books(brand) == {"pending": 4000, "expense": -4000}
    told = (await explained(brand, reported))["repriced"]
    assert {(one["partnerId"], one["amount"], one["reason"]) for one in told} == {
        (first, "-40.00", "replay"), (second, "40.00", "replay"),
    }  # fmt: skip


async def test_m1_flagging_and_unflagging_again_books_nothing_more(brand: Brand) -> None:
    _, _, held = await rivals(brand)
    await report(brand)
    assert await unflag(brand, held) == 1
    booked = await brand.rows("adjustments")
    await brand.made(f"/clicks/{held}/flag")
    assert await unflag(brand, held) == 0
    assert await brand.rows("adjustments") == booked


async def test_m15_what_nobody_was_credited_for_is_credited_and_not_adjusted(brand: Brand) -> None:
    link = await promotion(brand)
    held = await visit(brand, link, at=days_ago(2), flag="velocity")
    await report(brand)
    await report(brand, type="refund")
    assert await unflag(brand, held) == 1
    assert await amounts(brand) == ["40.00 USD"]
    assert await brand.rows("adjustments") == []


async def test_m15_with_a_paid_commission_no_event_exceeds_the_whole_of_it(brand: Brand) -> None:
    first, second, held = await rivals(brand, attributionModel="linear")
    await report(brand)
    [commission] = await commissions(brand)
    await brand.made(f"/commissions/{commission['id']}/approve")
    await brand.made("/payouts/run")
    before = await brand.rows("commissions")
    assert await unflag(brand, held) == 1
    assert await brand.rows("commissions") == before
    assert await given(brand) == {first: -2000, second: 2000}
    credited = await brand.rows("credits")
    assert sum(row["weight_parts"] for row in credited) == 10_000


async def test_m1_neither_later_clicks_nor_edits_come_in_with_it(brand: Brand) -> None:
    first, second, held = await rivals(brand)
    await report(brand)
    [campaign] = (await brand.get("/campaigns")).json()["campaigns"]
    # A third partner's click, identified late, which nobody may be paid for in hindsight.
    third = await brand.link(await brand.partner(), campaign)
    await visit(brand, third, at=days_ago(1))
    rule = {"type": "percent", "value": 90, "recurring": True}
    changed = await edit(brand, campaign, attributionModel="linear", commissionRule=rule)
    assert changed.status_code == 200
    assert await unflag(brand, held) == 1
    assert await given(brand) == {first: -4000, second: 4000}


async def test_a_click_outside_the_window_changes_nothing(brand: Brand) -> None:
    link = await promotion(brand, attributionWindowDays=2)
    rival = await brand.link(await brand.partner(), {"id": link["campaignId"]})
    held = await visit(brand, rival, at=days_ago(3), flag="velocity")
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    assert await unflag(brand, held) == 0
    assert await brand.rows("adjustments") == []


@pytest.mark.parametrize("refunded_first", [True, False])
async def test_m8_a_refund_before_or_after_leaves_everybody_with_their_part(
    brand: Brand, refunded_first: bool
) -> None:
    first, second, held = await rivals(brand)
    await report(brand, externalId="order-1")
    half = {**REFUND, "value": "100.00", "externalId": "refund-1"}
    if refunded_first:
        await report(brand, **half)
    assert await unflag(brand, held) == 1
    if not refunded_first:
        await report(brand, **half)
    [commission] = await brand.rows("commissions")
    # 20.00 of the commission was clawed back; the rest moves.
    assert commission["clawed_minor"] == 2000
    assert await given(brand) == {first: -2000, second: 2000}
    assert await wrongs(brand) == []
    await report(brand, **REFUND, value="100.00", externalId="refund-2")
    assert await given(brand) == {}
    assert await books(brand) == {}
    assert await wrongs(brand) == []


async def test_what_a_person_reversed_is_not_taken_a_second_time(brand: Brand) -> None:
    _, second, held = await rivals(brand)
    await report(brand)
    [commission] = await commissions(brand)
    await brand.made(f"/commissions/{commission['id']}/reverse")
    assert await unflag(brand, held) == 1
    assert await given(brand) == {second: 4000}


async def test_a_bounty_goes_to_whoever_had_the_first_event(brand: Brand) -> None:
    rules = [
        {"trigger": "first", "eventType": "signup", "type": "fixed", "value": 50},
        {"trigger": "subsequent", "eventType": "signup", "type": "fixed", "value": 1},
    ]
    first, second, held = await rivals(brand, commissionRule=rules)
    for _ in range(3):
        await report(brand, type="signup", value=None)
    assert await amounts(brand) == ["1.00 USD", "1.00 USD", "50.00 USD"]
    assert await unflag(brand, held) == 3
    assert await given(brand) == {first: -5200, second: 5200}
