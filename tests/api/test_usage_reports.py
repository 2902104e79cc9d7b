"""Reports to Stripe's meter: whatever fails or happens at once, nothing counts twice or not at all."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.hosted import Platform
from tests.support.refusals import refusal
from tests.support.stripe_double.faults import Kind
from tests.support.usage import Seller, seller


@pytest.fixture
async def selling(hosting: Platform) -> Seller:
    return await seller(hosting)


async def test_m16_a_lost_answer_is_settled_by_the_same_event_and_what_came_meanwhile_waits(
    selling: Seller,
) -> None:
    await selling.sell("80.00")
    selling.hosting.stripe.fail("reset_after", "/v1/billing/meter_events")
    lost = await selling.brand.post("/billing/report-usage")
    assert refusal(lost) == (500, "usage_report_failed")
    assert selling.counted() == ["80.00"]
    await selling.sell("999.00")
    again = await selling.report()
    assert (again["amount"], again["resent"]) == ("80.00", True)
    assert again["identifier"] == selling.events()[0]["identifier"]
    assert selling.counted() == ["80.00"]
    asked = selling.hosting.stripe.asked("POST", "/v1/billing/meter_events")
    assert asked[0].params == asked[1].params
    await selling.report()
    assert selling.counted() == ["80.00", "999.00"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "500_before", "500_after", "429"])
async def test_m16_no_fault_bills_twice_or_not_at_all(fault: Kind, selling: Seller) -> None:
    await selling.sell("80.00")
    selling.hosting.stripe.fail(fault, "/v1/billing/meter_events", times=2)
    for _ in range(2):
        await selling.brand.post("/billing/report-usage")
    await selling.settle()
    assert selling.counted() == ["80.00"]


@pytest.mark.parametrize("accepted", [True, False])
async def test_m16_when_stripe_has_forgotten_the_identifier_its_sums_are_looked_at(
    accepted: bool, selling: Seller
) -> None:
    await selling.sell("80.00")
    fault: Kind = "reset_after" if accepted else "reset_before"
    selling.hosting.stripe.fail(fault, "/v1/billing/meter_events")
    await selling.brand.post("/billing/report-usage")
    # Nobody looked for two days; both clocks went on.
    selling.hosting.stripe.pass_time(timedelta(days=2))
    await selling.brand.execute(
        "update usage_reports set posted_at = posted_at - interval '2 days' where tenant_id = $1",
        selling.brand.tenant_id,
    )
    await selling.settle()
    assert selling.counted() == ["80.00"]
    statuses = sorted(report["status"] for report in (await selling.usage())["reports"])
    assert statuses == (["sent"] if accepted else ["replaced", "sent"])


async def test_m16_a_report_that_was_never_sent_is_renewed_before_it_is_too_old(
    selling: Seller,
) -> None:
    await selling.sell("80.00")
    selling.hosting.stripe.fail("reset_before", "/v1/billing/meter_events")
    await selling.brand.post("/billing/report-usage")
    await selling.brand.execute(
        "update usage_reports set posted_at = null, happened_at = now() - interval '35 days'"
        " where tenant_id = $1",
        selling.brand.tenant_id,
    )
    await selling.settle()
    assert selling.counted() == ["80.00"]
    [event] = selling.events()
    assert event["created"] - event["timestamp"] < 3600


async def test_two_at_once_tell_stripe_once(selling: Seller) -> None:
    for _ in range(3):
        await selling.sell("10.00")
        asked = [selling.brand.post("/billing/report-usage") for _ in range(4)]
        answers, _ = await asyncio.gather(
            asyncio.gather(*asked), selling.hosting.worker.act("usage-report")
        )
        assert {answer.status_code for answer in answers} <= {200, 500}
        await selling.hosting.worker.drain()
        await selling.settle()
    assert selling.total() == 30
    identifiers = [event["identifier"] for event in selling.events()]
    assert len(set(identifiers)) == len(identifiers)


async def test_every_night_each_brand_reports_and_a_failing_one_stops_no_other(
    hosting: Platform,
) -> None:
    failing, other = await seller(hosting), await seller(hosting)
    await failing.sell("10.00")
    await other.sell("20.00")
    del hosting.stripe.store.objects["customer"][failing.customer]
    assert await hosting.worker.act("usage-report") == 0
    await hosting.worker.drain()
    assert (failing.counted(), other.counted()) == ([], ["20.00"])
    [report] = (await failing.usage())["reports"]
    assert (report["status"], report["lines"]) == ("pending", 1)
    assert "No such customer" in report["lastError"]


async def test_the_night_settles_what_was_left_over_and_goes_on(selling: Seller) -> None:
    await selling.sell("80.00")
    selling.hosting.stripe.fail("reset_after", "/v1/billing/meter_events")
    await selling.brand.post("/billing/report-usage")
    await selling.sell("20.00")
    await selling.hosting.worker.act("usage-report")
    await selling.hosting.worker.drain()
    assert selling.counted() == ["80.00", "20.00"]


async def test_without_stripe_nothing_is_begun(selling: Seller, world: Any) -> None:
    await selling.sell("10.00")
    key, world.stripe.secret_key = world.stripe.secret_key, None
    answer = await selling.brand.post("/billing/report-usage")
    world.stripe.secret_key = key
    assert refusal(answer) == (503, "stripe_not_configured")
    assert await selling.brand.rows("usage_reports") == []


async def test_each_report_has_a_minute_of_its_own(selling: Seller) -> None:
    for value in ("1.00", "2.00", "3.00"):
        await selling.sell(value)
        await selling.settle()
    minutes = {event["timestamp"] // 60 for event in selling.events()}
    assert len(minutes) == 3
    newest = max(event["timestamp"] for event in selling.events())
    assert newest - datetime.now(UTC).timestamp() < 300
    assert UUID(selling.events()[0]["identifier"].removeprefix("op-usage-"))
