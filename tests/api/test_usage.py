"""Usage: every attributed sale is billed once, whenever it arrives and whatever crashes."""

from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from tests.architecture.test_role_rights import plain
from tests.support.conversions import click, days_ago, identify
from tests.support.hosted import Platform, choose, hosted
from tests.support.stripe_double.subscriptions import cancel
from tests.support.usage import Seller, seller


@pytest.fixture
async def selling(hosting: Platform) -> Seller:
    return await seller(hosting)


async def test_what_was_sold_is_told_to_the_meter_once(selling: Seller) -> None:
    await selling.sell("50.00")
    told = await selling.report()
    assert told == {
        "reported": True, "reason": None, "amount": "50.00", "currency": "USD",
        "identifier": told["identifier"], "resent": False,
    }  # fmt: skip
    [event] = selling.events()
    assert event["payload"] == {"stripe_customer_id": selling.customer, "value": "50.00"}
    assert event["identifier"] == told["identifier"]
    again = await selling.report()
    assert (again["reported"], again["reason"]) == (False, "nothing_to_report")
    assert selling.counted() == ["50.00"]


async def test_m16_what_arrives_late_is_billed_all_the_same(selling: Seller) -> None:
    await selling.sell("10.00")
    await selling.settle()
    # Before anything that was reported: a moving mark would have passed it by.
    await selling.sell("20.00", at=days_ago(20))
    # Nobody knew who this customer was; then somebody says so.
    await selling.sell("30.00", user="unknown", at=days_ago(10))
    await selling.settle()
    assert selling.counted() == ["10.00", "20.00"]
    cref = await click(selling.brand, selling.link, at=days_ago(11))
    await identify(selling.brand, cref, "unknown")
    await selling.settle()
    assert selling.counted() == ["10.00", "20.00", "30.00"]


async def test_m16_refunds_come_off_before_or_after_a_report(selling: Seller) -> None:
    before = await selling.sell("100.00")
    await selling.refund(before, "25.00")
    await selling.settle()
    assert selling.counted() == ["75.00"]
    await selling.refund(before, "75.00")
    await selling.settle()
    assert (await selling.usage())["open"] == {"USD": "-75.00"}
    await selling.sell("200.00")
    await selling.settle()
    assert selling.counted() == ["75.00", "125.00"]


async def test_m16_currencies_are_never_added_up_as_they_are(selling: Seller) -> None:
    await selling.sell("100.00", "EUR")
    await selling.sell("10000", "JPY")
    await selling.sell("1.234", "KWD")
    await selling.sell("5.00", "USD")
    await selling.sell("70.00", "CHF")
    told = await selling.report()
    assert told["amount"] == "186.01"  # 110.00 + 67.00 + 4.01 + 5.00
    shown = await selling.usage()
    assert shown["waitingForRate"] == ["CHF"]
    rates = {(line["currency"], line["usd_rate"]) for line in await selling.lines()}
    assert ("EUR", Decimal("1.10")) in rates


async def test_a_sale_waits_for_its_rate_and_keeps_it(
    selling: Seller, settings: Any, world: Any, contract: Any
) -> None:
    sale = await selling.sell("70.00", "CHF")
    await selling.settle()
    assert selling.counted() == []
    for rate, refunded in (("1.20", "0"), ("9.99", "70.00")):
        named = {"billing_usd_rates": {"CHF": Decimal(rate)}}
        async with hosted(settings, world, contract, **named) as http:
            if refunded != "0":
                await selling.refund(sale, refunded, "CHF")
            answer = await http.post("/api/billing/report-usage", headers=selling.brand.headers)
            assert answer.status_code == 200
    assert selling.counted() == ["84.00"]
    assert [line["usd_minor"] for line in await selling.lines()] == [8400, -8400]


async def test_what_is_no_sale_or_nobodys_is_not_billed(selling: Seller) -> None:
    await selling.sell("10.00", kind="lead_qualified")
    await selling.sell("10.00", user="stranger")
    await selling.sell("0")
    await selling.sell("10.00", kind="subscription_created")
    await selling.settle()
    assert selling.counted() == ["10.00"]


async def test_an_evaluation_is_free_also_afterwards(hosting: Platform) -> None:
    selling = await seller(hosting)
    await selling.sell("10.00", at=days_ago(20))
    await selling.brand.execute(
        "update billing_subscriptions set started_at = now() - interval '10 days'"
        " where tenant_id = $1",
        selling.brand.tenant_id,
    )
    await selling.sell("20.00", at=days_ago(15))
    await selling.sell("40.00", at=days_ago(5))
    await selling.settle()
    assert selling.counted() == ["40.00"]


async def test_what_was_sold_before_we_heard_of_the_subscription_is_billed(
    hosting: Platform,
) -> None:
    """Its event may be hours late; what was credited meanwhile counts from when it began."""
    selling = await seller(hosting)
    await selling.brand.execute(
        "delete from billing_subscriptions where tenant_id = $1", selling.brand.tenant_id
    )
    await selling.sell("10.00")
    await hosting.worker.act("usage-lines")
    assert await selling.brand.rows("usage_changes") == []
    [subscription] = [
        each
        for each in hosting.stripe.store.all("subscription")
        if each["customer"] == selling.customer
    ]
    await hosting.look(selling.brand, subscription)
    await selling.settle()
    assert selling.counted() == ["10.00"]


async def test_after_the_end_of_a_subscription_nothing_more_is_billed_and_the_rest_waits(
    hosting: Platform,
) -> None:
    selling = await seller(hosting)
    await selling.sell("10.00")
    [subscription] = [
        each
        for each in hosting.stripe.store.all("subscription")
        if each["customer"] == selling.customer
    ]
    cancel(hosting.stripe, subscription)
    subscription["ended_at"] += 1
    await hosting.look(selling.brand, subscription)
    await selling.brand.execute(
        "update billing_subscriptions set ended_at = now() where tenant_id = $1",
        selling.brand.tenant_id,
    )
    await selling.sell("20.00")
    told = await selling.report()
    assert (told["reported"], told["reason"]) == (False, "no_subscription")
    assert (await selling.usage())["open"] == {"USD": "10.00"}


async def test_enterprise_is_not_metered(hosting: Platform) -> None:
    selling = await seller(hosting)
    await selling.brand.execute(
        "update billing_subscriptions set plan = 'enterprise' where tenant_id = $1",
        selling.brand.tenant_id,
    )
    await choose(selling.brand, "enterprise")
    await selling.sell("10.00")
    await selling.settle()
    assert selling.counted() == []


async def test_credit_that_is_taken_back_comes_off_and_given_again_comes_on(
    selling: Seller,
) -> None:
    await selling.sell("50.00")
    await selling.settle()
    brand = selling.brand
    [credit] = await brand.rows("credits")
    connection = await brand.scratch.connect()
    async with connection.transaction():
        await connection.execute("set constraints all deferred")
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("delete from commissions where credit_id = $1", credit["id"])
        await connection.execute("set local session_replication_role = origin")
        await connection.execute("delete from credits where id = $1", credit["id"])
    await selling.settle()
    assert (await selling.usage())["open"] == {"USD": "-50.00"}
    columns = ", ".join(dict(credit))
    places = ", ".join(f"${place}" for place in range(1, len(credit) + 1))
    await connection.execute(f"insert into credits ({columns}) values ({places})", *credit)  # noqa: S608  # its own columns
    await connection.close()
    await selling.settle()
    assert [line["reason"] for line in await selling.lines()] == [
        "sale", "withdrawn", "credited_again",
    ]  # fmt: skip
    assert (selling.counted(), (await selling.usage())["open"]) == (["50.00"], {"USD": "0.00"})


async def test_lines_are_facts(selling: Seller) -> None:
    await selling.sell("10.00")
    await selling.settle()
    connection = await asyncpg.connect(plain(selling.brand.scratch.urls.app))
    pinned = f"set app.tenant_id = '{selling.brand.tenant_id}'"
    await connection.execute(pinned)
    for statement in (
        "update usage_lines set usd_minor = 1",
        "update usage_lines set amount_minor = 1",
        "delete from usage_lines",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("update usage_lines set report_id = null")
    await connection.close()


async def test_a_revenue_share_shows_what_it_comes_to(hosting: Platform) -> None:
    selling = await seller(hosting, "revshare")
    await selling.sell("50.00")
    await selling.sell("100.00", "EUR")
    await hosting.worker.act("usage-lines")
    shown = (await selling.brand.get("/billing/status")).json()
    assert (shown["mode"], shown["plan"], shown["feeRate"]) == ("revshare", "revshare", "3%")
    assert shown["accruedPlatformFees"] == {"EUR": "3.00", "USD": "1.50"}
    assert (shown["subscribed"], shown["status"]) == (True, "active")
