"""Two brands, one network and a creator: joined, asked, approved, sold, paid and reported."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.support.brand import Brand, Json, bearer
from tests.support.conversions import commissions, report, visit
from tests.support.coordinator import Coordinator, coordinating
from tests.support.coordinator.books import Vendor
from tests.support.membership import instance_url, join, offer, pushes, request_of, try_again
from tests.support.refusals import refusal
from tests.support.serving import kept_port
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def deaf(request: Request) -> Response | None:
    """Still readable, and hears nothing."""
    return None if request.method == "GET" else Response(status_code=503)


async def enter(creator: httpx2.AsyncClient, coordinator: Coordinator) -> None:
    """Signs a creator up, or in again."""
    await creator.post(
        "/creators/signup", json={"email": "cleo@creators.example", "name": "Cleo Creator"}
    )
    token = coordinator.books.mails[-1].token
    entered = await creator.post("/creators/verify", json={"token": token})
    # Its domain is the network's own, which no test has.
    creator.headers["cookie"] = entered.headers["set-cookie"].partition(";")[0]


async def apply(coordinator: Coordinator, offering: Json) -> None:
    """A creator looks around and asks."""
    async with httpx2.AsyncClient(base_url=coordinator.url, timeout=60) as creator:
        await enter(creator, coordinator)
        found = (await creator.get("/offerings", params={"q": "acme"})).json()["offerings"]
        assert [one["id"] for one in found] == [offering["id"]]
        wish = {"message": "Hi", "preferredSlug": "cleo"}
        await creator.post(f"/offerings/{offering['id']}/apply", json=wish)


async def seen_by_creator(coordinator: Coordinator) -> tuple[str, list[str]]:
    """The link to share, and what it earned: the network asks the brand, with the brand's key."""
    async with httpx2.AsyncClient(base_url=coordinator.url, timeout=60) as creator:
        await enter(creator, coordinator)
        mine = "/creators/me/affiliations"
        [affiliation] = (await creator.get(mine)).json()["affiliations"]
        earnings = (await creator.get(f"{mine}/{affiliation['id']}/earnings")).json()["earnings"]
    return affiliation["shareUrl"], [one["amount"] for one in earnings]


async def sell_and_pay(brand: Brand, partner_id: str) -> None:
    """Click, identify, event; then approved, gathered into a payout, and paid."""
    link = (await brand.get(f"/partners/{partner_id}/links")).json()["links"][0]
    await visit(brand, link, "buyer")
    await report(brand, "buyer")
    [earned] = await commissions(brand)
    assert (earned["partnerId"], earned["amount"]) == (partner_id, "60.00")
    await brand.made(f"/commissions/{earned['id']}/approve")
    [payout] = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{payout['payoutId']}/confirm")


async def test_a_creator_goes_all_the_way_with_one_brand_and_the_other_sees_nothing(
    brand: Brand, other_brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    books = coordinator.books
    first, second = await join(brand, coordinator), await join(other_brand, coordinator)
    offering = await offer(brand, await brand.campaign())
    await offer(other_brand, await other_brand.campaign(), title="The other")

    await apply(coordinator, offering)
    [asked] = (await brand.get("/admin/network/requests")).json()["requests"]
    assert (await other_brand.get("/admin/network/requests")).json() == {"requests": []}

    # The network goes deaf in the middle, and nobody at the brand notices.
    coordinator.trouble = deaf
    made = await brand.made(f"/admin/network/requests/{asked['id']}/approve")
    await worker.drain()
    assert len(await pushes(brand)) == 2

    await sell_and_pay(brand, made["partnerId"])
    await worker.act("network.report_payouts")
    await worker.drain()
    assert first.reports == {}

    coordinator.trouble = None
    await try_again(brand, worker)
    assert await pushes(brand) == []
    assert books.requests[asked["id"]]["status"] == "approved"
    [told] = first.reports.values()
    assert told["amounts"] == [{"currency": "USD", "amount": "60.00", "originated": "60.00"}]

    assert await seen_by_creator(coordinator) == (made["shareUrl"], ["60.00"])

    assert second.reports == {}
    assert await other_brand.rows("partners") == []
    assert await other_brand.rows("network_approvals") == []
    assert all(one.vendor_id == first.id for one in books.affiliations)
    theirs = await brand.get(
        f"/partners/{made['partnerId']}/commissions", headers=bearer(second.scoped_key)
    )
    assert theirs.status_code == 404, "the network's key of one brand opens nothing of another's"


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


def losing(coordinator: Coordinator) -> set[str]:
    """The first answer at every address gets lost after the deed; the addresses it happened at."""
    lost: set[str] = set()

    async def lose(request: Request) -> Response | None:
        if request.method == "GET" or request.url.path in lost:
            return None
        lost.add(request.url.path)
        await coordinator.protocol(request, await request.json())
        return Response(status_code=504)

    coordinator.trouble = lose
    return lost


async def join_and_approve(
    brand: Brand, worker: Worker, coordinator: Coordinator
) -> tuple[Vendor, str, Json]:
    """Up to a partnership, with every push's answer lost; the vendor, the request and what was made."""
    lost = losing(coordinator)
    await brand.made("/config/network", {"networkUrl": coordinator.url})
    wanted = {"contactEmail": "ada@brand.example", "instanceUrl": instance_url(brand)}
    answer = await brand.post("/config/network/start-connect", wanted)
    assert refusal(answer) == (502, "network_signup_failed")
    lost |= {"/vendors/verify-and-issue-token", "/vendors/me/offerings"}
    vendor = await join(brand, coordinator)
    assert list(coordinator.books.vendors.values()) == [vendor]
    request = request_of(coordinator, await offer(brand, await brand.campaign()))
    made = await brand.made(f"/admin/network/requests/{request}/approve")
    await worker.drain()
    assert {"/partners/upsert", f"/vendors/me/requests/{request}/approve"} <= lost
    return vendor, request, made


async def test_lost_answers_and_a_restart_in_the_middle_count_nothing_twice_and_lose_nothing(
    brand: Brand, worker: Worker
) -> None:
    with kept_port() as port:
        async with coordinating(port) as first:
            vendor, request, made = await join_and_approve(brand, worker, first)
            books = first.books
        await sell_and_pay(brand, made["partnerId"])
        await try_again(brand, worker)
        await worker.act("network.report_payouts")
        await worker.drain()
        assert len(await pushes(brand)) == 3, "refused by a port at which nobody listens"

        books.replies.clear()
        async with coordinating(port, books) as second:
            losing(second)
            for _ in range(2):
                await try_again(brand, worker)
            told = second.asked("/vendors/me/report-payouts")
    assert await pushes(brand) == []
    assert [one.body["reportId"] for one in told] == [*vendor.reports] * 2
    assert [one["amountUsd"] for one in vendor.reports.values()] == ["60.00"]
    [affiliation] = books.affiliations
    stands = (affiliation.vendor_partner_id, affiliation.share_url)
    assert stands == (made["partnerId"], made["shareUrl"])
    assert books.requests[request]["status"] == "approved"
    assert len(await brand.rows("partners")) == 1
