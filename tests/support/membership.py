"""Brands that join a network, and what waits to be told to it, in the steps that people take."""

from typing import Any
from uuid import UUID

from tests.support.brand import Brand, Json
from tests.support.coordinator import Coordinator
from tests.support.coordinator.books import Vendor
from tests.support.working import Worker


def instance_url(brand: Brand) -> str:
    """Where the coordinator calls this brand."""
    return f"{str(brand.http.base_url).rstrip('/')}/api/t/{brand.slug}"


async def start(brand: Brand, coordinator: Coordinator, **changes: Any) -> Json:
    """The brand asks; its contact has a mail."""
    await brand.made("/config/network", {"networkUrl": coordinator.url})
    wanted = {"contactEmail": "ada@brand.example", "instanceUrl": instance_url(brand), **changes}
    answer = await brand.post("/config/network/start-connect", wanted)
    assert answer.status_code == 202, answer.text
    said: Json = answer.json()
    return said


async def join(brand: Brand, coordinator: Coordinator) -> Vendor:
    """Asked, mailed, followed: connected."""
    said = await start(brand, coordinator)
    token = coordinator.books.mails[-1].token
    await brand.made("/config/network/complete-connect", {"ntoken": token})
    return coordinator.books.vendors[said["vendorId"]]


async def pushes(brand: Brand) -> list[Json]:
    """What the network has yet to hear, newest first."""
    found: list[Json] = (await brand.get("/admin/network/pushes")).json()["pushes"]
    return found


async def hurry(brand: Brand) -> None:
    """Whatever waits to be tried again is due now."""
    await brand.execute(
        "update jobs set run_at = now() where tenant_id = $1 and done_at is null and dead_at is null",
        brand.tenant_id,
    )


async def try_again(brand: Brand, worker: Worker) -> None:
    """The next attempt of everything, and whatever follows from it at once."""
    await hurry(brand)
    await worker.drain()


async def offer(brand: Brand, campaign: Json, **changes: Any) -> Json:
    """A published offering for a campaign."""
    wanted = {
        "title": "Acme for creators",
        "vendorCampaignId": campaign["id"],
        "terms": {"commissionType": "percent", "commissionValue": 30, "recurring": True},
        "published": True,
    }
    made: Json = (await brand.made("/admin/network/offerings", {**wanted, **changes}))["offering"]
    return made


def request_of(coordinator: Coordinator, offering: Json, **changes: Any) -> str:
    """A creator of the network's own asks for an offering; the request's id."""
    books = coordinator.books
    known = {"email": "cleo@creators.example", "name": "Cleo Creator", "slug": "cleo", **changes}
    creator, _ = books.creator_by(known["email"], known["name"])
    creator.handle = known.get("handle")
    request = {
        "id": books.new_id("req"), "offeringId": offering["id"], "vendorId": offering["vendorId"],
        "status": "pending", "message": "I like it", "preferredSlug": known["slug"],
        "decisionNote": None, "createdAt": "2026-01-01T00:00:00Z", "creatorId": creator.id,
    }  # fmt: skip
    books.requests[request["id"]] = request
    return str(request["id"])


async def stored_partner(brand: Brand, partner_id: str) -> Json:
    """As the database has it."""
    [row] = await brand.fetch("select * from partners where id = $1", UUID(partner_id))
    return dict(row)
