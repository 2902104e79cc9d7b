"""Approving creators: everything at once, exactly once, whoever asks how often, and told afterwards."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.support.brand import Brand, Json, bearer
from tests.support.coordinator import Coordinator, coordinating
from tests.support.coordinator.app import Heard
from tests.support.membership import join, offer, pushes, request_of, try_again
from tests.support.refusals import refusal
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def news(brand: Brand, kind: str) -> list[Json]:
    rows = await brand.fetch(
        "select data::text from notices where tenant_id = $1 and type = $2", brand.tenant_id, kind
    )
    return [dict(row) for row in rows]


async def listening(brand: Brand, coordinator: Coordinator) -> None:
    """News is only written down where somebody listens."""
    await brand.made("/webhooks", {"url": f"{coordinator.url}/hook", "events": ["*"]})


def protocol(coordinator: Coordinator) -> list[Heard]:
    """What was heard of the brand, but for its webhooks."""
    return [one for one in coordinator.heard if one.path != "/hook"]


async def asked(brand: Brand, coordinator: Coordinator) -> tuple[Json, str]:
    """A campaign that is offered, and a creator's request for it."""
    await join(brand, coordinator)
    campaign = await brand.campaign(holdbackDays=14)
    return campaign, request_of(coordinator, await offer(brand, campaign))


async def approve(brand: Brand, request: str) -> Json:
    return await brand.made(
        f"/admin/network/requests/{request}/approve", {"decisionNote": "Welcome"}
    )


async def test_x12_an_approval_makes_partner_grant_terms_and_link_and_tells_the_network(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    campaign, request = await asked(brand, coordinator)
    await listening(brand, coordinator)
    made = await approve(brand, request)
    assert (made["campaignId"], made["linkKey"]) == (campaign["id"], "cleo")
    assert made["shareUrl"].endswith(f"/r/{brand.slug}/cleo")
    partner = (await brand.get(f"/partners/{made['partnerId']}")).json()
    assert partner["email"] == "cleo@creators.example"
    assert partner["activatedAt"] is not None
    assert partner["metadata"]["source"] == "openpartner_network"
    [grant] = [
        one
        for one in (await brand.get(f"/partners/{made['partnerId']}/campaigns")).json()["campaigns"]
        if one["granted"]
    ]
    assert grant["grantSource"] == "offering"
    [terms] = await brand.fetch(
        "select t.percent, t.recurring, t.holdback_days from terms t join grants g"
        " on (g.tenant_id, g.terms_id) = (t.tenant_id, t.id) where g.partner_id = $1",
        UUID(made["partnerId"]),
    )
    assert (terms["percent"], terms["recurring"], terms["holdback_days"]) == (30, True, 14)
    assert len(await news(brand, "partner.created")) == 1
    assert len(await news(brand, "partnership.approved")) == 1
    await worker.drain()
    stored = coordinator.books.requests[request]
    assert (stored["status"], stored["partner"]) == ("approved", made["partnerId"])
    assert stored["decisionNote"] == "Welcome"
    assert await pushes(brand) == []


async def test_x12_a_repeated_approval_changes_nothing_and_needs_no_network(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    _, request = await asked(brand, coordinator)
    await listening(brand, coordinator)
    first = await approve(brand, request)
    await worker.drain()
    calls = len(protocol(coordinator))
    again = await approve(brand, request)
    assert again == {**first, "repeated": True}
    await worker.drain()
    assert len(protocol(coordinator)) == calls
    for table, rows in {"partners": 1, "grants": 1, "links": 1, "network_approvals": 1}.items():
        assert len(await brand.rows(table)) == rows, table
    assert len(await news(brand, "partnership.approved")) == 1


async def test_x12_ten_approvals_at_once_make_one_partnership(
    brand: Brand, coordinator: Coordinator
) -> None:
    _, request = await asked(brand, coordinator)
    await listening(brand, coordinator)
    made = await asyncio.gather(*(approve(brand, request) for _ in range(10)))
    assert len({one["partnerId"] for one in made}) == 1
    assert [one["repeated"] for one in made].count(False) == 1
    assert len(await brand.rows("links")) == 1
    assert len(await news(brand, "partnership.approved")) == 1


async def test_x12_two_requests_of_one_creator_at_once_make_one_partner_with_two_grants(
    brand: Brand, coordinator: Coordinator
) -> None:
    _, first = await asked(brand, coordinator)
    second = request_of(coordinator, await offer(brand, await brand.campaign(), title="Other"))
    made = await asyncio.gather(approve(brand, first), approve(brand, second))
    assert len({one["partnerId"] for one in made}) == 1
    assert len({one["linkKey"] for one in made}) == 2
    for table, rows in {"partners": 1, "grants": 2, "links": 2, "network_approvals": 2}.items():
        assert len(await brand.rows(table)) == rows, table


async def test_a_request_of_another_network_is_another_one_though_it_has_the_same_id(
    brand: Brand, coordinator: Coordinator
) -> None:
    _, request = await asked(brand, coordinator)
    first = await approve(brand, request)
    async with coordinating() as other:
        await join(brand, other)
        offering = await offer(brand, await brand.campaign(), title="Other")
        theirs = request_of(other, offering, email="bo@creators.example", name="Bo", slug="bobo")
        other.books.requests[request] = {**other.books.requests.pop(theirs), "id": request}
        second = await approve(brand, request)
    assert second["repeated"] is False
    assert second["partnerId"] != first["partnerId"]
    assert (second["linkKey"], len(await brand.rows("links"))) == ("bobo", 2)


async def test_an_approval_that_fails_half_way_leaves_nothing(
    brand: Brand, coordinator: Coordinator
) -> None:
    await join(brand, coordinator)
    campaign = await brand.campaign(startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-02T00:00:00Z")
    request = request_of(coordinator, await offer(brand, campaign))
    answer = await brand.post(f"/admin/network/requests/{request}/approve")
    assert refusal(answer) == (409, "campaign_not_active")
    for table in ("partners", "grants", "links", "network_approvals", "network_pushes"):
        assert await brand.rows(table) == [], table


async def test_the_network_hears_of_an_approval_after_its_outage(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    _, request = await asked(brand, coordinator)

    async def deaf(heard: Request) -> Response | None:
        return Response(status_code=502) if heard.method == "POST" else None

    coordinator.trouble = deaf
    made = await approve(brand, request)
    await worker.drain()
    assert coordinator.books.requests[request]["status"] == "pending"
    assert {one["kind"] for one in await pushes(brand)} == {"approval", "partner"}
    coordinator.trouble = None
    await try_again(brand, worker)
    assert coordinator.books.requests[request]["partner"] == made["partnerId"]


async def test_a_partner_of_before_keeps_what_was_agreed(
    brand: Brand, coordinator: Coordinator
) -> None:
    campaign, request = await asked(brand, coordinator)
    await listening(brand, coordinator)
    known = await brand.partner(email="cleo@creators.example", campaignIds=[campaign["id"]])
    made = await approve(brand, request)
    assert made["partnerId"] == known["id"]
    partner = (await brand.get(f"/partners/{known['id']}")).json()
    assert partner["metadata"]["network"]["creatorId"].startswith("crt_")
    assert "source" not in partner["metadata"]
    [terms] = await brand.fetch(
        "select t.percent from terms t join grants g"
        " on (g.tenant_id, g.terms_id) = (t.tenant_id, t.id) where g.partner_id = $1",
        UUID(known["id"]),
    )
    assert terms["percent"] == 20
    assert len(await news(brand, "partnership.approved")) == 1
    assert len(await news(brand, "partner.created")) == 1


async def test_who_was_shut_out_is_not_let_in_by_the_back_door(
    brand: Brand, coordinator: Coordinator
) -> None:
    _, request = await asked(brand, coordinator)
    known = await brand.partner(email="cleo@creators.example")
    await brand.made(f"/partners/{known['id']}/revoke", {"notify": False})
    answer = await brand.post(f"/admin/network/requests/{request}/approve")
    assert refusal(answer) == (409, "partner_revoked")
    assert await brand.rows("links") == []


async def test_a_slug_that_is_taken_is_followed_by_the_next(
    brand: Brand, coordinator: Coordinator
) -> None:
    campaign, request = await asked(brand, coordinator)
    other = await brand.partner()
    await brand.made(
        f"/partners/{other['id']}/links", {"linkKey": "cleo", "campaignId": campaign["id"]}
    )
    assert (await approve(brand, request))["linkKey"] == "Cleo-Creator"


async def test_a_request_that_is_closed_stays_closed(
    brand: Brand, coordinator: Coordinator
) -> None:
    _, request = await asked(brand, coordinator)
    rejected = await brand.made(f"/admin/network/requests/{request}/reject", {"decisionNote": "No"})
    assert rejected["request"]["status"] == "rejected"
    answer = await brand.post(f"/admin/network/requests/{request}/approve")
    assert refusal(answer) == (409, "request_not_pending")
    twice = await brand.post(f"/admin/network/requests/{request}/reject")
    assert refusal(twice) == (409, "network_call_failed")
    assert twice.json()["networkError"] == "request_not_pending"


async def test_another_brands_request_can_not_be_approved(
    brand: Brand, other_brand: Brand, coordinator: Coordinator
) -> None:
    _, request = await asked(brand, coordinator)
    await join(other_brand, coordinator)
    answer = await other_brand.post(f"/admin/network/requests/{request}/approve")
    assert refusal(answer) == (404, "network_call_failed")
    assert await other_brand.rows("partners") == []


CREATOR = {"id": "c", "email": "a@b.example"}
OFFERED = {"id": "o", "vendorCampaignId": "x"}
TOO_MUCH = {**OFFERED, "terms": {"commissionType": "percent", "commissionValue": 1000}}
ASKED = {"id": "req_1", "status": "pending", "creator": CREATOR, "offering": OFFERED}
GARBLED: tuple[object, ...] = (
    None, "text", {}, {"id": 1}, {**ASKED, "status": "odd"}, {**ASKED, "id": "another"},
    {**ASKED, "creator": {"id": "c", "email": "no address"}}, {**ASKED, "offering": TOO_MUCH},
)  # fmt: skip


async def test_a_garbled_request_is_an_unreachable_network(
    brand: Brand, coordinator: Coordinator
) -> None:
    await join(brand, coordinator)
    for request in GARBLED:

        async def garbled(_: Request, said: object = request) -> Response:
            return JSONResponse({"request": said})

        coordinator.trouble = garbled
        answer = await brand.post("/admin/network/requests/req_1/approve")
        assert refusal(answer) == (503, "network_unreachable"), request
    assert await brand.rows("partners") == []


async def test_the_network_itself_brings_a_partner_with_its_key(
    brand: Brand, coordinator: Coordinator
) -> None:
    vendor = await join(brand, coordinator)
    await listening(brand, coordinator)
    campaign = await brand.campaign()
    wanted = {
        "email": "brought@creators.example", "name": "Brought", "sendInvite": False,
        "metadata": {"source": "openpartner_network", "network": {"creatorId": "crt_9"}},
        "campaignIds": [campaign["id"]],
        "commissionSnapshot": {"commissionType": "percent", "commissionValue": 25},
    }  # fmt: skip
    headers = {**bearer(vendor.scoped_key), "Idempotency-Key": "req_9"}
    made = await brand.made("/partners", wanted, headers=headers)
    again = await brand.post("/partners", wanted, headers=headers)
    assert (again.status_code, again.json()["id"]) == (201, made["id"])
    link = await brand.made(
        f"/partners/{made['id']}/links",
        {"linkKey": "brought", "campaignId": campaign["id"]},
        headers=bearer(vendor.scoped_key),
    )
    assert link["linkKey"] == "brought"
    [grant] = await brand.rows("grants")
    assert grant["source"] == "offering"
    assert len(await news(brand, "partnership.approved")) == 1
    assert "crt_9" in (await news(brand, "partnership.approved"))[0]["data"]
