"""Creators' way to the network: their one cookie goes along, ours stay, and no path leads around it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.features.creator_proxy.allowlist import is_open
from api.main import create_app
from api.outside.world import World
from api.settings import Settings
from tests.support.coordinator import Coordinator, coordinating
from tests.support.ports import free_port
from tests.support.raw_server import head, raw_server
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker


@dataclass(slots=True)
class Way:
    """A browser's client of an installation, and the network behind it."""

    client: httpx2.AsyncClient
    coordinator: Coordinator

    async def ask(self, method: str, path: str, **options: object) -> httpx2.Response:
        return await self.client.request(method, f"/api/creator-api/{path}", **options)  # type: ignore[arg-type]  # httpx's own options


@pytest.fixture
async def way(settings: Settings, world: World) -> AsyncIterator[Way]:
    async with coordinating() as coordinator:
        changed = settings.model_copy(update={"network_url": coordinator.url})
        async with (
            served(create_app(changed, world)) as address,
            httpx2.AsyncClient(base_url=address, timeout=30) as client,
        ):
            yield Way(client, coordinator)


async def signed_in(way: Way) -> str:
    """A creator who signed up through us; the value of their cookie."""
    email = {"email": "cleo@creators.example", "name": "Cleo"}
    assert (await way.ask("POST", "creators/signup", json=email)).json() == {"ok": True}
    token = way.coordinator.books.mails[-1].token
    entered = await way.ask("POST", "creators/verify", json={"token": token})
    assert entered.status_code == 200
    [line] = entered.headers.get_list("set-cookie")
    assert line.startswith("op_creator_session=")
    return line.partition("=")[2].partition(";")[0]


async def test_a_creator_signs_in_looks_around_and_leaves(way: Way) -> None:
    session = await signed_in(way)
    mine = {"Cookie": f"op_creator_session={session}"}
    way.client.cookies.clear()
    who = await way.ask("GET", "creators/whoami", headers=mine)
    assert who.json()["creator"]["email"] == "cleo@creators.example"
    assert (await way.ask("GET", "offerings?q=x", headers=mine)).json() == {"offerings": []}
    left = await way.ask("POST", "creators/signout", headers=mine)
    assert "max-age=0" in left.headers["set-cookie"].lower()
    assert (await way.ask("GET", "creators/me", headers=mine)).status_code == 401


async def test_s9_only_the_creators_cookie_goes_along(way: Way) -> None:
    await way.ask(
        "GET",
        "offerings",
        headers={
            "Cookie": "op_session=ops_secret; __Host-op_session=ops_secret; op_platform_session=p;"
            " op_creator_session=mine; _cref=1",
            "Authorization": "Bearer op_secret",
            "X-CSRF-Token": "secret",
            "x-act-as-vendor-partner": "somebody",
            "Idempotency-Key": "k",
        },
    )
    [heard] = way.coordinator.asked("/offerings")
    assert heard.headers["cookie"] == "op_creator_session=mine"
    assert set(heard.headers) <= {"host", "accept", "accept-encoding", "user-agent", "cookie",
                                  "connection", "content-length"}  # fmt: skip
    assert "secret" not in str(heard.headers)


async def test_s9_without_a_creators_cookie_none_goes_along(way: Way) -> None:
    for sent in (
        "op_session=secret",
        'op_creator_session="a;b"',
        "op_creator_session=" + "x" * 5000,
    ):
        await way.ask("GET", "offerings", headers={"Cookie": sent})
    assert [one.headers.get("cookie") for one in way.coordinator.heard] == [None] * 3


LEADING_OUT = (
    "offerings/../vendors/me", "offerings/%2e%2e/vendors/me", "offerings/..%2fvendors%2fme",
    "offerings/%252e%252e/vendors/me", "offerings/..;/vendors/me", "offerings//vendors/me",
    "offerings/.%2e/partners/upsert", "offerings/..%5cvendors%5cme", "offerings/%00",
    "offerings/x%3fy", "offerings/x%23y", "vendors/me", "vendors/me/billing", "vendors/signup",
    "vendors/me%2fbilling", "vendors/%6de/billing", "VENDORS/me", "partners/upsert",
    "creators", "creators/", "creators/crt_1", "offerings/", "", "admin", "vendors/admin-restore",
    "creators/me/affiliations/../../../vendors/me", "http://127.0.0.1/", "@127.0.0.1/offerings",
    "offerings/" + "x" * 400,
)  # fmt: skip


async def test_s9_no_spelling_leads_out_of_the_allowlist(way: Way) -> None:
    for path in LEADING_OUT:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            # As the bytes stand: a client would tidy the dots away.
            target = way.client.base_url.copy_with(raw_path=f"/api/creator-api/{path}".encode())
            answer = await way.client.send(httpx2.Request(method, target))
            assert answer.status_code in {400, 404, 405}, (method, path, answer.text)
    assert way.coordinator.heard == []


def test_s9_every_open_address_is_open_in_one_spelling() -> None:
    assert is_open("GET", "offerings/off_1")
    assert is_open("POST", "offerings/off_1/apply")
    assert not is_open("DELETE", "offerings/off_1")
    assert not is_open("POST", "vendors/vnd_1")
    assert not is_open("GET", "offerings/off_1/")


GOOD = "op_creator_session=good; Path=/; Domain=network.example; Max-Age=99999999"


async def test_s9_the_network_sets_its_own_cookie_and_no_other(way: Way) -> None:
    async def sets(_: Request) -> Response:
        response = JSONResponse({})
        for line in (
            "op_session=stolen; Path=/", "__cf_bm=1; Path=/", GOOD, 'op_creator_session="bad;"', "odd",
        ):  # fmt: skip
            response.raw_headers.append((b"set-cookie", line.encode()))
        response.headers["access-control-allow-origin"] = "*"
        response.headers["x-secret"] = "theirs"
        return response

    way.coordinator.trouble = sets
    answer = await way.ask("GET", "offerings")
    [line] = answer.headers.get_list("set-cookie")
    assert line == "op_creator_session=good; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax"
    assert "x-secret" not in answer.headers
    assert answer.headers.get("access-control-allow-origin") is None


async def test_another_site_can_not_use_a_creators_browser(way: Way) -> None:
    answer = await way.ask("POST", "creators/signout", headers={"Origin": "https://evil.example"})
    assert refusal(answer) == (403, "csrf_failed")
    assert way.coordinator.heard == []


async def test_the_network_says_no_in_its_own_words(way: Way) -> None:
    answer = await way.ask("POST", "creators/verify", json={"token": "made up"})
    assert refusal(answer) == (400, "invalid_token")


async def test_pages_redirects_and_floods_are_not_passed_on(way: Way) -> None:
    async def page(_: Request) -> Response:
        return Response("<script>1</script>", media_type="text/html")

    async def redirect(_: Request) -> Response:
        return Response(status_code=302, headers={"location": "https://evil.example"})

    async def flood(_: Request) -> Response:
        return JSONResponse({"a": "x" * 2_000_000})

    for trouble in (page, redirect, flood):
        way.coordinator.trouble = trouble
        answer = await way.ask("GET", "offerings")
        assert refusal(answer) == (502, "network_unreachable")


async def test_a_network_that_is_away_is_502(settings: Settings, world: World) -> None:
    async def hear(reader: object, _: object) -> None:
        await head(reader)  # type: ignore[arg-type]  # a stream

    async with raw_server(hear) as closing:
        for url in (f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{closing.port}"):
            changed = settings.model_copy(update={"network_url": url})
            async with (
                served(create_app(changed, world)) as address,
                httpx2.AsyncClient(base_url=address, timeout=30) as client,
            ):
                answer = await client.get("/api/creator-api/offerings")
                assert refusal(answer) == (502, "network_unreachable")


async def test_without_a_network_there_is_no_way(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/api/creator-api/offerings")
    assert refusal(answer) == (503, "network_not_configured")


@pytest.mark.parametrize("away", [False, True])
async def test_whoever_signs_in_to_the_platform_may_be_a_creator(
    settings: Settings, world: World, away: bool
) -> None:
    """The network decides, and writes to them itself; while it is away, nobody waits for it."""
    email = "cleo@creators.example"
    async with coordinating() as coordinator:
        coordinator.books.creator_by(email, "Cleo")
        url = f"http://127.0.0.1:{free_port()}" if away else coordinator.url
        changed = settings.model_copy(update={"network_url": url})
        async with (
            served(create_app(changed, world)) as address,
            httpx2.AsyncClient(base_url=address, timeout=30) as client,
            Worker.at(changed, world) as worker,
        ):
            asked = await client.post("/api/signin", json={"email": email})
            assert (asked.status_code, asked.json()) == (200, {"ok": True})
            await worker.drain()
        assert [one.to for one in coordinator.books.mails] == ([] if away else [email])
