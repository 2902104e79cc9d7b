"""Sale, refunds, dispute, approval and payouts in any order, some twice: the books end the same."""

import asyncio
from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.features.commissions.for_others import release, unpay
from api.features.corrections.for_others import (
    Amount,
    Payment,
    dispute_lost,
    dispute_opened,
    dispute_won,
    refund,
)
from shared.money import half_up, to_major
from tests.api.test_refund_events import correct
from tests.support.brand import Brand, Json, found_brand
from tests.support.conversions import amounts, click, commissions, days_ago, identify, report
from tests.support.databases import Scratch
from tests.support.ledger import books, session_of, wrongs

SALE = Payment("api", ["sale"])
DISPUTES = {"open": dispute_opened, "lost": dispute_lost, "won": dispute_won}
VALUE = 10_007
PAYING = ("pay", "fail", "return", "bonus")
YESTERDAY = days_ago(0.9).isoformat()


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """What happens to one sale of 100.07, in an order that nobody would choose."""
    refunds = draw(st.lists(st.integers(1, 6000), max_size=4))
    steps: list[tuple[str, Any]] = [("sale", None), ("identify", None), ("approve", None)]
    steps += [("refund", (f"r{i}", amount, "succeeded")) for i, amount in enumerate(refunds)]
    fails = draw(st.booleans())
    if refunds and fails:
        steps.append(("refund", ("r0", refunds[0], "failed")))
    ends = draw(st.sampled_from([[], ["open"], ["open", "won"], ["open", "lost"], ["lost", "won"]]))
    disputed = draw(st.integers(1, VALUE))
    steps += [("dispute", (status, disputed)) for status in ends]
    # Payouts that succeed, that come to nothing, and that come back; and gifts, to make room for them.
    steps += [(step, None) for step in draw(st.lists(st.sampled_from(PAYING), max_size=4))]
    steps += draw(st.lists(st.sampled_from(steps), max_size=3))
    return draw(st.permutations(steps))


async def pay(brand: Brand, payout: str, how: str) -> None:
    if how == "fail":
        async with session_of(brand) as session:
            await release(session, UUID(payout))
    else:
        await brand.made(f"/payouts/{payout}/confirm")
    if how == "return":
        async with session_of(brand) as session:
            await unpay(session, UUID(payout))
    if how != "pay":
        await brand.execute("update payouts set status = 'failed' where id = $1", UUID(payout))


async def customer_side(brand: Brand, step: str, told: Any) -> None:
    async with session_of(brand) as session:
        if step == "refund":
            key, amount, status = told
            await refund(session, SALE, key, Amount(amount, "USD"), status=status)
        else:
            status, amount = told
            await DISPUTES[status](session, SALE, "dp", Amount(amount, "USD"))


async def tell(
    brand: Brand, partner: str, crefs: Sequence[str], steps: Sequence[tuple[str, Any]]
) -> None:
    for step, told in steps:
        match step:
            case "sale":
                await report(brand, value="100.07", externalId="sale", ts=YESTERDAY)
            case "identify":
                for cref in crefs:
                    await identify(brand, cref)
            case "approve":
                ids = [one["id"] for one in await commissions(brand)]
                if ids:
                    await brand.made("/commissions/approve", {"ids": ids})
            case "pay" | "fail" | "return":
                for payout in (await brand.made("/payouts/run"))["payouts"]:
                    await pay(brand, payout["payoutId"], step)
            case "bonus":
                one = {"kind": "bonus", "amount": "50.00", "reason": "Thanks"}
                await brand.made(f"/partners/{partner}/adjustments", one)
            case _:
                await customer_side(brand, step, told)


def meant(steps: Sequence[tuple[str, Any]]) -> tuple[Fraction, Fraction]:
    """Which part of the sale goes back in the end, and which is disputed, worked out by hand."""
    told = [what for step, what in steps if step == "refund"]
    failed = {key for key, _, status in told if status == "failed"}
    refunded = sum({key: amount for key, amount, _ in told if key not in failed}.values())
    statuses = {
        status: amount for step, what in steps if step == "dispute" for status, amount in [what]
    }
    if "lost" in statuses and "won" not in statuses:
        refunded += statuses["lost"]
    returned = min(Fraction(refunded, VALUE), Fraction(1))
    disputed = statuses.get("open", 0) if set(statuses) == {"open"} else 0
    return returned, min(Fraction(disputed, VALUE), 1 - returned)


@settings(
    max_examples=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(steps=stories())
async def test_m8_any_order_ends_with_the_same_balances(
    http: httpx2.AsyncClient, scratch: Scratch, steps: list[tuple[str, Any]]
) -> None:
    brand = await found_brand(http, scratch)
    campaign = await brand.campaign(attributionModel="linear")
    links = [await brand.link(await brand.partner(), campaign) for _ in range(3)]
    crefs = [
        await click(brand, link, at=days_ago(days))
        for days, link in zip((3, 2, 1), links, strict=True)
    ]
    partner = links[0]["partnerId"]
    await tell(brand, partner, crefs, steps)
    await tell(brand, partner, crefs, [("approve", None)])
    given = 5000 * sum(step == "bonus" for step, _ in steps)
    returned, disputed = meant(steps)
    rows = await brand.rows("commissions")
    assert sum(row["amount_minor"] for row in rows) == 2001
    clawed = {row["id"]: half_up(row["amount_minor"] * returned) for row in rows}
    together = {row["id"]: half_up(row["amount_minor"] * (returned + disputed)) for row in rows}
    for row in rows:
        assert row["clawed_minor"] == clawed[row["id"]]
        assert row["held_minor"] == together[row["id"]] - clawed[row["id"]]
        assert (row["clawed_minor"] == row["amount_minor"]) == (
            half_up(row["amount_minor"] * returned) == row["amount_minor"]
        )
    found = await books(brand)
    kept = sum(row["amount_minor"] - clawed[row["id"]] for row in rows)
    held = sum(row["held_minor"] for row in rows)
    assert found.get("expense", 0) == -kept - given
    assert found.get("held", 0) == held
    assert found.get("available", 0) + found.get("paid", 0) == kept - held + given
    assert not found.keys() & {"pending", "in_transit"}
    assert await wrongs(brand) == []


@pytest.mark.parametrize(
    ("currency", "value", "earned", "refunded", "left"),
    [
        ("JPY", "1007", "201", "336", "134"),
        ("USD", "100.07", "20.01", "33.36", "13.34"),
        ("KWD", "1.234", "0.247", "0.411", "0.165"),
    ],
)
async def test_money_comes_back_as_it_went_in_with_0_2_and_3_decimals(
    brand: Brand, currency: str, value: str, earned: str, refunded: str, left: str
) -> None:
    campaign = await brand.campaign()
    cref = await click(brand, await brand.link(await brand.partner(), campaign), at=days_ago(1))
    await identify(brand, cref)
    await report(brand, value=value, currency=currency, externalId="order-1")
    assert await amounts(brand) == [f"{earned} {currency}"]
    await correct(brand, value=refunded, currency=currency, externalId="r1")
    [one] = await commissions(brand)
    assert one["net"] == left
    await brand.made("/commissions/approve", {"ids": [one["id"]]})
    [payout] = (await brand.made("/payouts/run"))["payouts"]
    assert (payout["amount"], payout["currency"]) == (left, currency)
    balance = (await brand.get(f"/partners/{one['partnerId']}/balance")).json()["balances"]
    assert [(each["currency"], each["inTransit"]) for each in balance] == [(currency, left)]


async def test_a_cent_shared_by_three_is_one_cent_and_goes_back_as_one(brand: Brand) -> None:
    campaign = await brand.campaign(attributionModel="linear")
    for days in (3, 2, 1):
        link = await brand.link(await brand.partner(), campaign)
        await identify(brand, await click(brand, link, at=days_ago(days)))
    await report(brand, value="0.05", externalId="order-1")
    assert await books(brand) == {"pending": 1, "expense": -1}
    await correct(brand, value="0.02", externalId="r1")
    assert await books(brand) == {"pending": 1, "expense": -1}
    await correct(brand, value="0.01", externalId="r2")
    assert await books(brand) == {}
    assert await wrongs(brand) == []


# Three cents at 20 %, fifteen at 10 %, … : halves go up, once for a commission.
VECTORS = [
    (3, "20", 1), (15, "10", 2), (1, "50", 1), (500, "2.9", 15), (2, "20", 0), (7, "20", 1),
    (25, "10", 3),
]  # fmt: skip


async def test_the_rounding_vectors_hold_from_the_wire_to_the_ledger(brand: Brand) -> None:
    for cents, percent, earned in VECTORS:
        rule = {"type": "percent", "value": percent, "recurring": True}
        link = await brand.link(await brand.partner(), await brand.campaign(commissionRule=rule))
        user = f"user-{cents}-{percent}"
        await identify(brand, await click(brand, link, at=days_ago(1)), user)
        reported = await report(brand, user, value=to_major(cents, "USD"))
        [touch] = reported["attribution"]["touches"]
        if not earned:
            assert touch["commissionId"] is None
            continue
        posted = await brand.fetch(
            "select amount_minor from ledger_postings where commission_id = $1 and account = 'pending'",
            UUID(touch["commissionId"]),
        )
        assert [row["amount_minor"] for row in posted] == [earned], (cents, percent)


async def test_a_sale_and_its_refund_at_the_same_moment_meet(brand: Brand) -> None:
    link = await brand.link(await brand.partner(), await brand.campaign())
    await identify(brand, await click(brand, link, at=days_ago(1)))
    for number in range(12):
        sale: Json = {"userId": "customer", "type": "invoice_paid", "value": "10.00"}
        back: Json = {"userId": "customer", "type": "refund", "corrects": f"s{number}"}
        answers = await asyncio.gather(
            brand.post("/attribution/events", {**sale, "externalId": f"s{number}"}),
            brand.post("/attribution/events", {**back, "externalId": f"r{number}"}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
    assert await books(brand) == {}
    assert await wrongs(brand) == []


async def test_m5_payouts_and_refunds_at_the_same_moment_leave_the_books_right(
    brand: Brand,
) -> None:
    link = await brand.link(await brand.partner(), await brand.campaign())
    await identify(brand, await click(brand, link, at=days_ago(1)))
    for number in range(8):
        await report(brand, externalId=f"s{number}")
    ids = [one["id"] for one in await commissions(brand)]
    await brand.made("/commissions/approve", {"ids": ids})
    event: Json = {"userId": "customer", "type": "refund", "value": "50.00"}
    await asyncio.gather(
        *(brand.post("/attribution/events", {**event, "corrects": f"s{n}"}) for n in range(8)),
        *(brand.post("/payouts/run") for _ in range(3)),
    )
    found = await books(brand)
    assert found["expense"] == -8 * 3000
    assert await wrongs(brand) == []
