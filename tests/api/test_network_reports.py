"""What the network hears by the clock: that we are there, and every payout of a creator exactly once."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.coordinator import Coordinator, coordinating
from tests.support.coordinator.books import Vendor
from tests.support.membership import join, pushes, try_again
from tests.support.working import Worker

REPORT = "network.report_payouts"


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def paid(
    brand: Brand, partner: Json, minor: int, currency: str = "USD", ago: str = "0"
) -> UUID:
    """A payout whose money has moved, so long ago."""
    payout = new_id()
    await brand.execute(
        "insert into payouts (tenant_id, id, partner_id, run_id, amount_minor, currency, method,"
        " status, completed_at) values ($1, $2, $3, $2, $4, $5, 'manual', 'paid',"
        " now() - $6::text::interval)",
        brand.tenant_id, payout, UUID(partner["id"]), minor, currency, ago,
    )  # fmt: skip
    return payout


async def creators(brand: Brand, coordinator: Coordinator, worker: Worker) -> tuple[Vendor, Json]:
    """A member with a partner whom the network knows."""
    vendor = await join(brand, coordinator)
    partner = await brand.partner()
    await worker.drain()
    return vendor, partner


async def report(worker: Worker) -> None:
    assert await worker.act(REPORT) == 0
    await worker.drain()


async def mark(brand: Brand) -> str | None:
    found = await brand.fetch(
        "select value ->> 'until' from settings"
        " where tenant_id = $1 and key = 'network_payouts_reported'",
        brand.tenant_id,
    )
    return str(found[0][0]) if found else None


async def test_what_was_paid_to_creators_is_reported_by_currency(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, known = await creators(brand, coordinator, worker)
    brought = await brand.partner(
        metadata={"source": "openpartner_network", "network": {"creatorId": "crt_1"}}
    )
    await worker.drain()
    await paid(brand, known, 4000)
    await paid(brand, brought, 8050)
    await paid(brand, known, 500, "JPY")
    await report(worker)
    [told] = vendor.reports.values()
    assert told["amountUsd"] == "120.50"
    assert told["amounts"] == [
        {"currency": "JPY", "amount": "500", "originated": "0"},
        {"currency": "USD", "amount": "120.50", "originated": "80.50"},
    ]
    assert told["sinceIso"] < told["untilIso"]
    assert await mark(brand) is not None


async def test_the_next_report_begins_where_the_last_one_ended(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, partner = await creators(brand, coordinator, worker)
    await paid(brand, partner, 4000)
    await report(worker)
    await report(worker)
    await paid(brand, partner, 100)
    await report(worker)
    first, second = vendor.reports.values()
    assert (first["amountUsd"], second["amountUsd"]) == ("40.00", "1.00")
    assert first["untilIso"] < second["sinceIso"]


async def test_who_is_no_creator_and_what_is_not_paid_is_nobodys_business(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, partner = await creators(brand, coordinator, worker)
    await brand.made("/config/network", {"autoEnroll": False})
    await paid(brand, await brand.partner(), 4000)
    await paid(brand, partner, 4000, ago="1 day")
    await brand.execute(
        "update payouts set status = 'pending', completed_at = null where id = $1",
        await paid(brand, partner, 7000),
    )
    await report(worker)
    assert vendor.reports == {}
    assert await mark(brand) is not None, "nothing is a report, too"


async def test_the_mark_stays_while_the_network_is_away_and_the_report_is_frozen(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, partner = await creators(brand, coordinator, worker)

    async def away(_: Request) -> Response:
        return Response(status_code=503)

    coordinator.trouble = away
    await paid(brand, partner, 4000)
    await report(worker)
    await paid(brand, partner, 1000)
    await report(worker)
    assert await mark(brand) is None
    assert len(await pushes(brand)) == 1
    coordinator.trouble = None
    await try_again(brand, worker)
    assert [one["amountUsd"] for one in vendor.reports.values()] == ["40.00"]
    await report(worker)
    assert [one["amountUsd"] for one in vendor.reports.values()] == ["40.00", "10.00"]


async def test_an_answer_that_got_lost_counts_nothing_twice(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, partner = await creators(brand, coordinator, worker)
    await paid(brand, partner, 4000)
    lost: list[str] = []

    async def lose(request: Request) -> Response | None:
        if request.url.path.endswith("report-payouts") and not lost:
            body = await request.json()
            lost.append(body["reportId"])
            vendor.reports[body["reportId"]] = body
            return Response(status_code=504)
        return None

    coordinator.trouble = lose
    await report(worker)
    await try_again(brand, worker)
    told = coordinator.asked("/vendors/me/report-payouts")
    assert [one.body["reportId"] for one in told] == [lost[0], lost[0]]
    assert [one.headers["idempotency-key"] for one in told] == [lost[0], lost[0]]
    assert told[0].body == told[1].body
    assert len(vendor.reports) == 1
    await report(worker)
    assert len(vendor.reports) == 1


async def test_a_report_that_died_is_sent_again_the_next_day(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, partner = await creators(brand, coordinator, worker)

    async def no(_: Request) -> Response:
        return Response(status_code=404, content=b"{}")

    coordinator.trouble = no
    await paid(brand, partner, 4000)
    await report(worker)
    assert [one["status"] for one in await pushes(brand)] == ["dead"]
    coordinator.trouble = None
    await report(worker)
    assert [one["amountUsd"] for one in vendor.reports.values()] == ["40.00"]
    assert await pushes(brand) == []


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_one_network_never_heard_is_not_told_to_the_next(
    brand: Brand, coordinator: Coordinator, worker: Worker, elsewhere: bool
) -> None:
    _, partner = await creators(brand, coordinator, worker)

    async def away(_: Request) -> Response:
        return Response(status_code=503)

    coordinator.trouble = away
    await paid(brand, partner, 4000)
    await report(worker)
    assert len(await pushes(brand)) == 1
    if elsewhere:
        await brand.made("/config/network", {"networkUrl": f"{coordinator.url}/other"})
    else:
        await brand.request("DELETE", "/config/network")
    coordinator.trouble = None
    again = await join(brand, coordinator)
    await paid(brand, partner, 100)
    await report(worker)
    assert [one["amountUsd"] for one in again.reports.values()] == ["1.00"]


async def test_a_payout_that_was_committed_late_is_in_the_next_report(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor, partner = await creators(brand, coordinator, worker)
    await brand.execute(
        "update settings set value = jsonb_set(value, '{connectedAt}',"
        " to_jsonb(now() - interval '1 day')) where tenant_id = $1 and key = 'network_membership'",
        brand.tenant_id,
    )
    await paid(brand, partner, 4000)
    await report(worker)
    await paid(brand, partner, 300, ago="10 minutes")
    await report(worker)
    assert [one["amountUsd"] for one in vendor.reports.values()] == ["40.00", "3.00"]


async def test_each_hour_the_network_hears_that_we_are_there(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor = await join(brand, coordinator)
    await brand.partner()
    await worker.act("network.heartbeats")
    await worker.drain()
    assert vendor.heartbeats == [{"partnerCount": 1, "lastEventAt": None, "logoUrl": None}]


async def test_a_heartbeat_that_nobody_hears_leaves_nothing_dead(
    brand: Brand, worker: Worker
) -> None:
    async with coordinating() as coordinator:
        await join(brand, coordinator)
    await worker.act("network.heartbeats")
    await worker.drain()
    dead = await brand.fetch(
        "select name from jobs where tenant_id = $1 and dead_at is not null", brand.tenant_id
    )
    assert dead == []
