"""Two brands, one network and a creator: joined, asked, approved, sold, paid and reported."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.support.brand import Brand, Json
from tests.support.conversions import commissions, report, visit
from tests.support.coordinator import Coordinator, coordinating
from tests.support.membership import join, offer, pushes, try_again
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def away(_: Request) -> Response:
    return Response(status_code=503)


async def enter(creator: httpx2.AsyncClient, coordinator: Coordinator) -> None:
    """Signs a creator up, or in again."""
    await creator.post(
        "/creators/signup", json={"email": "cleo@creators.example", "name": "Cleo Creator"}
    )
    token = coordinator.books.mails[-1].token
    entered = await creator.post("/creators/verify", json={"token": token})
    # Its domain is the network's own, which no test has.
    creator.headers["cookie"] = entered.headers["set-cookie"].partition(";")[0]


async def paid_out(brand: Brand, commission: Json) -> None:
    """Approved, gathered into a payout, and paid."""
    await brand.made(f"/commissions/{commission['id']}/approve")
    [payout] = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{payout['payoutId']}/confirm")


async def test_a_creator_goes_all_the_way_with_one_brand_and_the_other_sees_nothing(
    brand: Brand, other_brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    books = coordinator.books
    first, second = await join(brand, coordinator), await join(other_brand, coordinator)
    offering = await offer(brand, await brand.campaign())
    await offer(other_brand, await other_brand.campaign(), title="The other")

    async with httpx2.AsyncClient(base_url=coordinator.url) as creator:
        await enter(creator, coordinator)
        found = (await creator.get("/offerings", params={"q": "acme"})).json()["offerings"]
        assert [one["id"] for one in found] == [offering["id"]]
        wish = {"message": "Hi", "preferredSlug": "cleo"}
        await creator.post(f"/offerings/{offering['id']}/apply", json=wish)
    [asked] = (await brand.get("/admin/network/requests")).json()["requests"]
    assert (await other_brand.get("/admin/network/requests")).json() == {"requests": []}

    # The network goes away in the middle, and nobody at the brand notices.
    read = True

    async def half_away(request: Request) -> Response | None:
        return None if read and request.method == "GET" else Response(status_code=503)

    coordinator.trouble = half_away
    made = await brand.made(f"/admin/network/requests/{asked['id']}/approve")
    read = False
    await worker.drain()
    assert len(await pushes(brand)) == 2

    link = (await brand.get(f"/partners/{made['partnerId']}/links")).json()["links"][0]
    await visit(brand, link, "buyer")
    await report(brand, "buyer")
    [earned] = await commissions(brand)
    assert (earned["partnerId"], earned["amount"]) == (made["partnerId"], "60.00")
    await paid_out(brand, earned)
    await worker.act("network.report_payouts")
    await worker.drain()
    assert first.reports == {}

    coordinator.trouble = None
    await try_again(brand, worker)
    assert await pushes(brand) == []
    assert books.requests[asked["id"]]["status"] == "approved"
    [told] = first.reports.values()
    assert told["amounts"] == [{"currency": "USD", "amount": "60.00", "originated": "60.00"}]

    async with httpx2.AsyncClient(base_url=coordinator.url) as creator:
        await enter(creator, coordinator)
        mine = "/creators/me/affiliations"
        [affiliation] = (await creator.get(mine)).json()["affiliations"]
        assert affiliation["shareUrl"] == made["shareUrl"]
        earnings = (await creator.get(f"{mine}/{affiliation['id']}/earnings")).json()["earnings"]
    assert [one["amount"] for one in earnings] == ["60.00"]

    assert second.reports == {}
    assert await other_brand.rows("partners") == []
    assert await other_brand.rows("network_approvals") == []
    assert all(one.vendor_id == first.id for one in books.affiliations)
    for stranger, vendor in ((brand, second), (other_brand, first)):
        answer = await stranger.get(
            f"/partners/{made['partnerId']}/commissions",
            headers={"Authorization": f"Bearer {vendor.scoped_key}"},
        )
        # A key opens its own brand alone, whichever brand's address is called.
        assert answer.status_code == (404 if vendor is second else 200)


async def test_one_creator_of_two_brands_is_one_person_to_the_network_and_two_partners_to_them(
    brand: Brand, other_brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    first, second = await join(brand, coordinator), await join(other_brand, coordinator)
    here = await brand.partner(email="cleo@creators.example")
    there = await other_brand.partner(email="cleo@creators.example")
    await worker.drain()
    [cleo] = coordinator.books.creators.values()
    for one, partner, vendor in ((brand, here, first), (other_brand, there, second)):
        shown = (await one.get(f"/partners/{partner['id']}")).json()
        assert shown["metadata"]["network"]["creatorId"] == cleo.id
        named = {known["vendorId"] for known in shown["metadata"]["network"]["affiliations"]}
        assert named == {vendor.id}, "no brand learns with whom else a creator works"
    mine = await brand.partner_headers(here)
    offering = await offer(other_brand, await other_brand.campaign())
    await brand.post(f"/network/offerings/{offering['id']}/apply", headers=mine)
    [asked] = (await other_brand.get("/admin/network/requests")).json()["requests"]
    made = await other_brand.made(f"/admin/network/requests/{asked['id']}/approve")
    assert made["partnerId"] == there["id"]
    assert (await brand.get("/admin/network/requests")).json() == {"requests": []}
