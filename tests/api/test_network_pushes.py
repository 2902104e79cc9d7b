"""What the network hears of partners: by itself, in any order, for a day, and never at our cost."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.features.network_pushes.jobs import DELAYS
from api.settings import Settings
from tests.support.brand import Brand, Json
from tests.support.calls import signed_in
from tests.support.coordinator import Coordinator, coordinating
from tests.support.membership import hurry, join, pushes, stored_partner, try_again
from tests.support.refusals import refusal
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def away(_: Request) -> Response:
    return JSONResponse({"error": "down", "detail": "Back soon."}, 503)


def statuses(coordinator: Coordinator) -> list[str]:
    return [one.body["status"] for one in coordinator.asked("/partners/upsert")]


async def test_coming_and_going_is_told_with_what_holds_at_that_time(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    partner = await brand.partner()
    await worker.drain()
    await brand.made(f"/partners/{partner['id']}/revoke", {"notify": False})
    await worker.drain()
    await brand.made(f"/partners/{partner['id']}/reinstate")
    await worker.drain()
    assert statuses(coordinator) == ["active", "revoked", "active"]
    told = coordinator.asked("/partners/upsert")[0]
    assert told.body["vendorPartnerId"] == partner["id"]
    assert told.body["metadata"] == {"source": "admin_invite"}
    assert told.headers["user-agent"] == "OpenPartner-Vendor/1"
    assert await pushes(brand) == []


async def test_an_invited_partner_is_pending_until_they_follow_their_mail(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await brand.made("/partners", {"email": "new@example.com", "name": "New"})
    await worker.drain()
    assert statuses(coordinator) == ["pending"]


async def test_who_signs_up_by_themselves_is_told_of_too(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await brand.http.post(
        f"/api/t/{brand.slug}/partner-signup",
        json={"email": "self@example.com", "name": "Self", "profile": {"site": "x"}},
    )
    await worker.drain()
    [told] = coordinator.asked("/partners/upsert")
    assert (told.body["status"], told.body["profile"]) == ("pending", {"site": "x"})
    assert told.body["metadata"] == {"source": "self_signup"}
    partner = told.body["vendorPartnerId"]
    await brand.made(f"/partners/{partner}/approve")
    await worker.drain()
    assert statuses(coordinator) == ["pending", "active"]


async def test_r12_the_creators_id_is_written_back_also_after_an_outage(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    known, _ = coordinator.books.creator_by("old@example.com", "Old")
    coordinator.trouble = away
    partner = await brand.partner(email="old@example.com", metadata={"crm": 7})
    await worker.drain()
    assert "network" not in (await brand.get(f"/partners/{partner['id']}")).json()["metadata"]
    coordinator.trouble = None
    await try_again(brand, worker)
    metadata = (await brand.get(f"/partners/{partner['id']}")).json()["metadata"]
    assert metadata["crm"] == 7
    assert metadata["network"]["creatorId"] == known.id
    assert metadata["network"]["preExisting"] is True
    await brand.made(f"/partners/{partner['id']}/revoke", {"notify": False})
    await worker.drain()
    again = json.loads((await stored_partner(brand, partner["id"]))["metadata"])
    assert again["network"]["preExisting"] is True


def test_r12_the_attempts_last_for_about_a_day() -> None:
    total = timedelta(seconds=sum(DELAYS))
    assert timedelta(hours=23) < total < timedelta(hours=25)
    assert len(DELAYS) + 1 == 10


async def test_r12_after_the_last_attempt_a_push_is_dead_in_sight_and_can_be_told_again(
    brand: Brand, coordinator: Coordinator, worker: Worker, settings: Settings
) -> None:
    await join(brand, coordinator)
    await signed_in(brand)
    coordinator.trouble = away
    await brand.partner()
    await worker.drain()
    for _ in range(len(DELAYS) - 1):
        await try_again(brand, worker)
        assert [one["status"] for one in await pushes(brand)] == ["pending"]
    await try_again(brand, worker)
    [dead] = await pushes(brand)
    assert (dead["status"], dead["attempts"], dead["error"]) == ("dead", 10, "HTTP 503")
    await try_again(brand, worker)
    assert len(coordinator.asked("/partners/upsert")) == 10
    assert settings.mail_console_file is not None
    assert "does not hear" in settings.mail_console_file.read_text()
    coordinator.trouble = None
    revived = await brand.made(f"/admin/network/pushes/{dead['id']}/retry")
    assert revived["status"] == "pending"
    await worker.drain()
    assert await pushes(brand) == []
    assert statuses(coordinator)[-1] == "active"


async def test_what_is_still_tried_needs_no_retry(brand: Brand, coordinator: Coordinator) -> None:
    await join(brand, coordinator)
    await brand.partner()
    [waiting] = await pushes(brand)
    answer = await brand.post(f"/admin/network/pushes/{waiting['id']}/retry")
    assert refusal(answer) == (409, "push_not_dead")


async def test_a_lasting_no_is_dead_at_once(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    async def misfit(_: Request) -> Response:
        return JSONResponse({"error": "invalid_body", "detail": "No such thing."}, 422)

    await join(brand, coordinator)
    coordinator.trouble = misfit
    await brand.partner()
    await worker.drain()
    [dead] = await pushes(brand)
    assert (dead["status"], dead["attempts"], dead["httpStatus"]) == ("dead", 1, 422)
    assert dead["error"] == "HTTP 422 invalid_body: No such thing."


async def test_a_later_truth_covers_what_could_not_be_told_before(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    coordinator.trouble = away
    partner = await brand.partner()
    await worker.drain()
    coordinator.trouble = None
    await brand.made(f"/partners/{partner['id']}/revoke", {"notify": False})
    await worker.drain()
    assert await pushes(brand) == []
    await hurry(brand)
    await worker.drain()
    affiliation = coordinator.books.affiliation_of(
        (await brand.get("/config/network")).json()["vendorId"], partner["id"]
    )
    assert affiliation is not None
    assert affiliation.status == "revoked"


async def test_without_auto_enroll_only_the_end_of_a_partnership_is_told(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await brand.made("/config/network", {"autoEnroll": False})
    partner = await brand.partner()
    await worker.drain()
    assert statuses(coordinator) == []
    await brand.made(f"/partners/{partner['id']}/revoke", {"notify": False})
    await worker.drain()
    assert statuses(coordinator) == ["revoked"]


async def test_a_brand_that_never_joined_writes_nothing_down(brand: Brand, worker: Worker) -> None:
    await brand.partner()
    await worker.drain()
    assert await brand.rows("network_pushes") == []


async def test_the_networks_answer_can_not_name_another_partner(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    stranger, told = await brand.partner(), await brand.partner()
    await worker.drain()
    await brand.execute(
        "update partners set revoked_at = now(), metadata = '{}' where tenant_id = $1 and id::text = $2",
        brand.tenant_id, stranger["id"],
    )  # fmt: skip

    async def lies(_: Request) -> Response:
        results = [
            {"vendorPartnerId": one["id"], "networkCreatorId": "crt_lie", "alreadyExisted": False}
            for one in (stranger, told)
        ]
        return JSONResponse({"results": [*results, "?", {"networkCreatorId": 7}]})

    coordinator.trouble = lies
    await brand.made("/config/network/backfill")
    await worker.drain()
    assert await creator_of(brand, told) == "crt_lie"
    assert await creator_of(brand, stranger) is None


async def creator_of(brand: Brand, partner: Json) -> str | None:
    metadata = (await brand.get(f"/partners/{partner['id']}")).json()["metadata"]
    known: str | None = metadata.get("network", {}).get("creatorId")
    return known


async def test_p1_a_network_that_hangs_holds_no_connection_and_no_request(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    reached, leave = asyncio.Event(), asyncio.Event()

    async def hang(_: Request) -> Response:
        reached.set()
        await leave.wait()
        return JSONResponse({"networkCreatorId": "crt_1"})

    coordinator.trouble = hang
    await brand.partner()
    working = asyncio.create_task(worker.drain())
    await reached.wait()
    [idle] = await brand.fetch(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and state like 'idle in transaction%' and usename = 'openpartner_app'"
    )
    assert idle[0] == 0
    leave.set()
    await working
    assert await pushes(brand) == []
