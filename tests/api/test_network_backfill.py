"""What the network hears late or in bulk: after a pause, by a backfill, of an imported list."""

from collections.abc import AsyncIterator

import pytest

from tests.support.brand import Brand
from tests.support.coordinator import Coordinator, coordinating
from tests.support.membership import join, pushes, try_again
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def test_what_waited_before_a_pause_is_told_after_it(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await brand.partner()
    await brand.made("/config/network", {"enabled": False})
    await worker.drain()
    assert [(one["status"], one["error"]) for one in await pushes(brand)] == [
        ("pending", "not connected")
    ]
    assert coordinator.asked("/partners/upsert") == []
    await brand.made("/config/network", {"enabled": True})
    await try_again(brand, worker)
    [told] = coordinator.asked("/partners/upsert")
    assert (told.body["status"], await pushes(brand)) == ("active", [])


async def test_what_happened_during_a_pause_is_made_up_for_by_a_backfill(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor = await join(brand, coordinator)
    known = await brand.partner()
    await worker.drain()
    await brand.made("/config/network", {"enabled": False})
    await brand.made(f"/partners/{known['id']}/revoke", {"notify": False})
    met = await brand.partner()
    gone = await brand.partner()
    await brand.made(f"/partners/{gone['id']}/revoke", {"notify": False})
    await brand.made("/config/network", {"enabled": True})
    assert (await brand.made("/config/network/backfill"))["queued"] == 2
    await worker.drain()
    found = {
        one["id"]: coordinator.books.affiliation_of(vendor.id, one["id"])
        for one in (known, met, gone)
    }
    stands = {name: one and one.status for name, one in found.items()}
    assert stands == {known["id"]: "revoked", met["id"]: "active", gone["id"]: None}


async def many(brand: Brand, count: int) -> None:
    await brand.execute(
        "insert into partners (tenant_id, id, email, name, activated_at)"
        " select $1, uuid_v7(), 'p' || n || '@example.com', 'P', now()"
        " from generate_series(1, $2) n",
        brand.tenant_id, count,
    )  # fmt: skip


async def test_p4_a_backfill_tells_of_five_hundred_at_a_time(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await many(brand, 1201)
    gone = await brand.partner()
    await brand.made(f"/partners/{gone['id']}/revoke", {"notify": False})
    await worker.drain()
    coordinator.heard.clear()
    assert await brand.made("/config/network/backfill") == {
        "total": 1202, "pushed": 0, "queued": 1202,
    }  # fmt: skip
    await worker.drain()
    told = coordinator.asked("/vendors/backfill-partners")
    assert sorted(len(one.body["partners"]) for one in told) == [202, 500, 500]
    assert len(coordinator.heard) == 3
    assert told[0].body["partners"][0]["metadata"] == {"source": "backfill"}
    [counted] = await brand.fetch(
        "select count(*) from partners where tenant_id = $1"
        " and metadata -> 'network' ->> 'creatorId' is not null",
        brand.tenant_id,
    )
    assert counted[0] == 1202


async def test_p4_an_imported_list_is_told_in_batches(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    people = "".join(f"i{number}@example.com,I\n" for number in range(700))
    answer = await brand.request(
        "POST", "/import/partners-csv", content=f"email,name\n{people}",
        headers={**brand.headers, "content-type": "text/csv"},
    )  # fmt: skip
    assert answer.status_code == 200
    await worker.drain()
    assert len(coordinator.asked("/vendors/backfill-partners")) == 2
    assert coordinator.asked("/partners/upsert") == []
