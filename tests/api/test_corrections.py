"""Refunds and disputes: in parts, in any order, before and after the money went out."""

from uuid import UUID

from api.features.commissions.for_others import lock_payable, release, unpay
from api.features.corrections.for_others import (
    Amount,
    Payment,
    dispute_lost,
    dispute_opened,
    dispute_won,
    name_payment,
    refund,
)
from tests.support.brand import Brand, Json
from tests.support.conversions import commissions, days_ago, promotion, report, visit
from tests.support.ledger import books, session_of

SALE = Payment("api", ["order-1"])


def usd(minor: int) -> Amount:
    return Amount(minor, "USD")


async def sold(brand: Brand, **campaign: object) -> Json:
    """A sale of 200.00 USD that earns 40.00."""
    link = await promotion(brand, **campaign)
    await visit(brand, link, at=days_ago(1))
    return await report(brand, externalId="order-1")


async def only(brand: Brand) -> Json:
    [one] = await commissions(brand)
    return one


async def approve(brand: Brand) -> None:
    await brand.made(f"/commissions/{(await only(brand))['id']}/approve")


async def pay(brand: Brand) -> Json:
    [payout] = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{payout['payoutId']}/confirm")
    return dict(payout)


async def test_m8_a_partial_refund_takes_its_part_and_the_rest_is_paid(brand: Brand) -> None:
    await sold(brand)
    async with session_of(brand) as session:
        await refund(session, SALE, "r1", usd(5000))
    assert await books(brand) == {"pending": 3000, "expense": -3000}
    await approve(brand)
    assert (await pay(brand))["amount"] == "30.00"
    assert await books(brand) == {"paid": 3000, "expense": -3000}


async def test_m8_a_refund_after_the_payout_is_owed_and_netted(brand: Brand) -> None:
    await sold(brand)
    await approve(brand)
    await pay(brand)
    async with session_of(brand) as session:
        await refund(session, SALE, "r1", usd(20000))
    assert await books(brand) == {"paid": 4000, "available": -4000}
    async with session_of(brand) as session:
        assert await lock_payable(session) == []


async def test_a_refund_of_a_claimed_commission_waits_for_the_next_payout(brand: Brand) -> None:
    await sold(brand)
    await approve(brand)
    [payout] = (await brand.made("/payouts/run"))["payouts"]
    async with session_of(brand) as session:
        await refund(session, SALE, "r1", usd(5000))
    assert await books(brand) == {"in_transit": 4000, "available": -1000, "expense": -3000}
    async with session_of(brand) as session:
        await release(session, UUID(payout["payoutId"]))
    assert await books(brand) == {"available": 3000, "expense": -3000}
    async with session_of(brand) as session:
        [payable] = await lock_payable(session)
    assert (payable.amount_minor, payable.adjustment_ids) == (3000, [])


async def test_a_refund_before_its_sale_waits_for_it(brand: Brand) -> None:
    async with session_of(brand) as session:
        waiting = await refund(session, SALE, "r1", usd(20000))
        again = await refund(session, SALE, "r1", usd(20000))
    assert (waiting.fresh, waiting.event_ids, again.fresh) == (True, [], False)
    await sold(brand)
    assert await books(brand) == {}
    assert (await only(brand))["status"] == "reversed"


async def test_a_dispute_holds_and_its_end_decides(brand: Brand) -> None:
    sale = await sold(brand)
    other = Payment("stripe", ["pi_1"])
    async with session_of(brand) as session:
        await dispute_opened(session, other, "dp_1")
        await name_payment(session, UUID(sale["eventId"]), Payment("stripe", ["in_1", "pi_1"]))
    assert await books(brand) == {"held": 4000, "expense": -4000}
    await approve(brand)
    async with session_of(brand) as session:
        await dispute_lost(session, other, "dp_1")
    assert await books(brand) == {}
    async with session_of(brand) as session:
        await dispute_won(session, other, "dp_1")
    assert await books(brand) == {"available": 4000, "expense": -4000}
    payout = await pay(brand)
    async with session_of(brand) as session:
        await unpay(session, UUID(payout["payoutId"]))
    assert await books(brand) == {"available": 4000, "expense": -4000}
    assert (await pay(brand))["amount"] == "40.00"
