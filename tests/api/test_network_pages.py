"""What the network shows through us, and what we show when it doesn't: never a broken page."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.features.network.for_others import Place, onboarding
from api.outside import network
from api.outside.http import OutboundClient
from api.outside.network import NetworkDown
from api.outside.world import World
from api.settings import Settings
from shared.database import open_database
from tests.support.brand import Brand
from tests.support.certificates import certified
from tests.support.coordinator import Coordinator, coordinating
from tests.support.membership import join, offer, request_of
from tests.support.ports import free_port
from tests.support.raw_server import head, raw_server
from tests.support.refusals import refusal
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def point(brand: Brand, url: str) -> None:
    """The same membership, with another coordinator behind it."""
    await brand.execute(
        "update settings set value = jsonb_set(value, '{networkUrl}', to_jsonb($2::text))"
        " where tenant_id = $1 and key = 'network_membership'",
        brand.tenant_id, url,
    )  # fmt: skip


async def test_offerings_are_made_changed_published_and_taken_away(
    brand: Brand, coordinator: Coordinator
) -> None:
    await join(brand, coordinator)
    campaign = await brand.campaign()
    made = await brand.post(
        "/admin/network/offerings",
        {"title": "Acme", "vendorCampaignId": campaign["id"], "terms": {"payoutHoldbackDays": 30}},
        headers={**brand.headers, "Idempotency-Key": "one"},
    )
    assert made.status_code == 201
    offering = made.json()["offering"]
    repeated = await brand.post(
        "/admin/network/offerings", {"title": "Acme", "vendorCampaignId": campaign["id"]},
        headers={**brand.headers, "Idempotency-Key": "one"},
    )  # fmt: skip
    assert repeated.json()["offering"]["id"] == offering["id"]
    path = f"/admin/network/offerings/{offering['id']}"
    changed = await brand.request("PATCH", path, json={"published": True})
    assert changed.json()["offering"]["published"] is True
    assert changed.json()["offering"]["terms"] == {"payoutHoldbackDays": 30}
    listed = (await brand.get("/admin/network/offerings")).json()["offerings"]
    assert [one["id"] for one in listed] == [offering["id"]]
    assert (await brand.request("DELETE", path)).json() == {"ok": True}
    assert (await brand.get("/admin/network/offerings")).json() == {"offerings": []}


async def test_requests_creators_and_billing_are_passed_on(
    brand: Brand, coordinator: Coordinator
) -> None:
    vendor = await join(brand, coordinator)
    request = request_of(coordinator, await offer(brand, await brand.campaign()))
    asked = await brand.get("/admin/network/requests", params={"status": "pending"})
    [one] = asked.json()["requests"]
    assert (one["id"], one["creator"]["name"]) == (request, "Cleo Creator")
    found = await brand.get(
        "/admin/network/discover/creators", params={"q": "cleo", "minFollowers": 10}
    )
    assert [one["name"] for one in found.json()["creators"]] == ["Cleo Creator"]
    assert (await brand.get("/admin/network/me")).json()["vendorId"] == vendor.id
    assert (await brand.get("/admin/network/billing")).json()["status"] == "active"
    urls = {"successUrl": "https://a.example/1", "cancelUrl": "https://a.example/2"}
    checkout = await brand.made("/admin/network/billing/checkout", urls)
    assert checkout["url"].startswith("https://pay.network.example/checkout")
    portal = await brand.made("/admin/network/billing/portal", {"returnUrl": "https://a.example/"})
    assert portal["url"].startswith("https://pay.network.example/portal")


async def test_a_partner_takes_part_as_the_creator_behind_them(
    brand: Brand, other_brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await join(other_brand, coordinator)
    offering = await offer(other_brand, await other_brand.campaign(), title="Other")
    partner = await brand.partner(email="pat@creators.example")
    await worker.drain()
    mine = await brand.partner_headers(partner)
    found = await brand.get("/network/discover", params={"q": "other"}, headers=mine)
    assert [one["id"] for one in found.json()["offerings"]] == [offering["id"]]
    shown = await brand.get(f"/network/offerings/{offering['id']}", headers=mine)
    vendor_id = shown.json()["offering"]["vendorId"]
    assert (await brand.get(f"/network/vendors/{vendor_id}", headers=mine)).status_code == 200
    applied = await brand.post(
        f"/network/offerings/{offering['id']}/apply", {"preferredSlug": "pat"}, headers=mine
    )
    assert applied.status_code == 201
    [heard] = coordinator.asked(f"/offerings/{offering['id']}/apply")
    assert heard.headers["x-act-as-vendor-partner"] == partner["id"]
    [request] = (await brand.get("/network/me/requests", headers=mine)).json()["requests"]
    cancelled = await brand.post(f"/network/me/requests/{request['id']}/cancel", headers=mine)
    assert cancelled.json()["request"]["status"] == "cancelled"
    again = await brand.post(f"/network/me/requests/{request['id']}/cancel", headers=mine)
    assert refusal(again) == (409, "network_call_failed")
    await brand.request("PATCH", "/network/me/profile", json={"handle": "pat"}, headers=mine)
    profile = (await brand.get("/network/me/profile", headers=mine)).json()["creator"]
    assert (profile["email"], profile["handle"]) == ("pat@creators.example", "pat")
    [affiliation] = (await brand.get("/network/me/affiliations", headers=mine)).json()[
        "affiliations"
    ]
    earned = await brand.get(f"/network/me/affiliations/{affiliation['id']}/earnings", headers=mine)
    assert earned.json() == {"earnings": []}


async def test_an_admin_is_no_creator(brand: Brand, coordinator: Coordinator) -> None:
    await join(brand, coordinator)
    answer = await brand.get("/network/me/profile")
    assert refusal(answer) == (403, "partner_only")


async def test_a_no_keeps_its_status_and_its_words(brand: Brand, coordinator: Coordinator) -> None:
    await join(brand, coordinator)
    answer = await brand.get("/network/offerings/off_unknown")
    assert refusal(answer) == (404, "network_call_failed")
    assert answer.json()["networkError"] == "not_found"

    async def distrust(_: Request) -> Response:
        return JSONResponse({"error": "unauthorized"}, 401)

    coordinator.trouble = distrust
    # 401 would sign the admin out of a portal that is all right.
    assert refusal(await brand.get("/admin/network/me")) == (502, "network_call_failed")


async def garbage(_: Request) -> Response:
    return Response(b"\xff\xfe{", 200, media_type="application/json")


async def a_list(_: Request) -> Response:
    return JSONResponse([1])


async def a_page(_: Request) -> Response:
    return Response("<h1>502</h1>", 502, media_type="text/html")


async def elsewhere(_: Request) -> Response:
    return Response(status_code=302, headers={"location": "http://127.0.0.1:9/"})


async def ten_megabytes(_: Request) -> Response:
    return Response(b'{"a": "' + b"x" * 10_000_000 + b'"}', media_type="application/json")


async def a_nul(_: Request) -> Response:
    return Response(b'{"a": "\\u0000"}', media_type="application/json")


async def deep(_: Request) -> Response:
    return Response(b'{"a":' * 100_000, media_type="application/json")


TROUBLES = (garbage, a_list, a_page, elsewhere, ten_megabytes, a_nul, deep)


async def test_x8_what_no_network_should_say_is_an_unreachable_network(
    brand: Brand, coordinator: Coordinator
) -> None:
    await join(brand, coordinator)
    for trouble in TROUBLES:
        coordinator.trouble = trouble
        answer = await brand.get("/admin/network/offerings")
        assert refusal(answer) == (503, "network_unreachable"), trouble.__name__
        assert answer.json()["detail"].startswith("network_unreachable: ")
        assert (await brand.get("/config/network")).status_code == 200
        assert (await brand.partner())["id"]


async def test_x8_refused_closed_and_untrusted_networks_are_unreachable(
    brand: Brand, coordinator: Coordinator, tmp_path: Path
) -> None:
    await join(brand, coordinator)

    async def hear(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await head(reader)

    tls = certified(tmp_path).server
    async with raw_server(hear) as closing, raw_server(hear, tls) as untrusted:
        for url in (
            f"http://127.0.0.1:{free_port()}",
            f"http://127.0.0.1:{closing.port}",
            f"https://127.0.0.1:{untrusted.port}",
            "http://10.0.0.1",
        ):
            await point(brand, url)
            answer = await brand.get("/admin/network/me")
            assert refusal(answer) == (503, "network_unreachable"), url
            assert (await brand.get("/admin/overview")).status_code == 200


async def test_p1_a_network_that_hangs_holds_no_connection(
    brand: Brand, coordinator: Coordinator
) -> None:
    await join(brand, coordinator)
    reached, leave = asyncio.Event(), asyncio.Event()

    async def hang(_: Request) -> Response:
        reached.set()
        await leave.wait()
        return Response(status_code=204)

    coordinator.trouble = hang
    asking = asyncio.create_task(brand.get("/admin/network/me"))
    await reached.wait()
    [idle] = await brand.fetch(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and state like 'idle in transaction%' and usename = 'openpartner_app'"
    )
    assert idle[0] == 0
    leave.set()
    assert (await asking).json() == {}


async def test_x8_a_network_that_hangs_or_has_no_address_is_given_up(world: World) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def unknown(_: str, __: int) -> list[str]:
        raise OSError("no such name")

    async with raw_server(hang) as server:
        url = f"http://127.0.0.1:{server.port}"
        with pytest.raises(NetworkDown, match=r"no complete answer within 0\.2 s"):
            await network.Coordinator(world.outbound, url).ask("GET", "/", seconds=0.2)
    nowhere = OutboundClient(world.outbound.policy, resolver=unknown)
    with pytest.raises(NetworkDown, match="could not be resolved"):
        await network.Coordinator(nowhere, "http://network.example").ask("GET", "/")
    assert network.PAGE_SECONDS <= 10


async def test_x8_how_far_a_brand_has_come_is_told_with_and_without_the_network(
    brand: Brand, coordinator: Coordinator, settings: Settings, world: World
) -> None:
    database = open_database(settings.database_url_app.get_secret_value(), pool=2)
    place = Place(database, settings, world.outbound, brand.tenant_id)
    try:
        assert (await onboarding(place)).connected is False
        await join(brand, coordinator)
        request_of(coordinator, await offer(brand, await brand.campaign()))
        await offer(brand, await brand.campaign(), published=False)
        standing = await onboarding(place)
        assert (standing.published_offerings, standing.pending_requests) == (1, 1)
        await point(brand, f"http://127.0.0.1:{free_port()}")
        away = await onboarding(place)
        assert (away.connected, away.published_offerings, away.pending_requests) == (True, 0, 0)
    finally:
        await database.close()
