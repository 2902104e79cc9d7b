"""Stripe's events arrive: signed, in their own time, kept first and answered at once."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import REGISTRY

from api.main import create_app
from api.settings import Settings
from shared.clock import now
from tests.conftest import settings_for
from tests.support.contract import Contract
from tests.support.databases import Databases, Scratch
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.stripe_double.webhooks import SECRET, signature

PATH = "/api/webhooks/stripe"


Door = Callable[..., Awaitable[httpx2.AsyncClient]]


@pytest.fixture(scope="module")
async def place(databases: Databases) -> Scratch:
    """An installation of one workspace, to which all of this arrives."""
    return await databases.fresh()


@pytest.fixture
async def door(place: Scratch, tmp_path: Path, contract: Contract) -> AsyncIterator[Door]:
    """`http = await door(**settings)`: an API of that installation."""
    async with AsyncExitStack() as stack:

        async def opened(**changes: object) -> httpx2.AsyncClient:
            settings = settings_for(place, tmp_path, openpartner_tenancy="single", **changes)
            address = await stack.enter_async_context(served(create_app(settings)))
            return await stack.enter_async_context(
                httpx2.AsyncClient(
                    base_url=address, timeout=30, event_hooks={"response": [contract.check]}
                )
            )

        yield opened


async def kept(place: Scratch, said: dict[str, Any]) -> list[Any]:
    """What is stored of an event."""
    connection = await place.connect()
    try:
        return list(
            await connection.fetch("select * from stripe_events where stripe_id = $1", said["id"])
        )
    finally:
        await connection.close()


def event(kind: str = "customer.created", **subject: Any) -> dict[str, Any]:
    about = {"id": "cus_1", "object": "customer", "metadata": {}, "created": 1, **subject}
    return {
        "id": f"evt_{time.time_ns()}", "object": "event", "type": kind, "created": int(time.time()),
        "api_version": "2026-10-28.endive", "data": {"object": about},
    }  # fmt: skip


async def post(
    http: httpx2.AsyncClient, content: dict[str, Any] | str | bytes, secret: str = SECRET,
    *, at: int | None = None, path: str = PATH,
) -> httpx2.Response:  # fmt: skip
    body = json.dumps(content) if isinstance(content, dict) else content
    text = body if isinstance(body, str) else body.decode("latin-1")
    return await http.post(
        path, content=body, headers={"stripe-signature": signature(text, secret, at)}
    )


def skew(direction: str) -> float:
    return REGISTRY.get_sample_value("openpartner_clock_skew_total", {"direction": direction}) or 0


async def test_an_event_is_kept_and_answered_once(door: Door, place: Scratch) -> None:
    http = await door()
    said = event()
    first = (await post(http, said)).json()
    assert first == {
        "ok": True, "skipped": False, "reason": None, "idempotent": False,
        "eventId": first["eventId"],
    }  # fmt: skip
    assert (await post(http, said)).json() == {**first, "idempotent": True}
    [row] = await kept(place, said)
    assert (str(row["id"]), row["status"]) == (first["eventId"], "received")
    assert json.loads(row["payload"]) == said
    connection = await place.connect()
    jobs = await connection.fetchval(
        "select count(*) from jobs where name = 'stripe_events.process' and arguments = $1",
        json.dumps({"event_id": first["eventId"]}),
    )
    await connection.close()
    assert jobs == 1


async def test_the_address_of_old_takes_events_too(door: Door) -> None:
    http = await door()
    assert (await post(http, event(), path="/webhooks/stripe")).json()["ok"] is True


async def test_x18_any_of_several_secrets_opens(door: Door) -> None:
    http = await door(stripe_webhook_secret="whsec_old, whsec_new")
    for secret in ("whsec_old", "whsec_new"):
        assert (await post(http, event(), secret)).status_code == 200
    assert refusal(await post(http, event(), "whsec_other")) == (400, "invalid_signature")


async def test_without_a_secret_nobody_is_believed(door: Door) -> None:
    http = await door(stripe_webhook_secret="")
    assert refusal(await post(http, event())) == (503, "stripe_not_configured")


async def test_without_a_signature_nobody_is_believed(door: Door) -> None:
    http = await door()
    answer = http.post(PATH, content=json.dumps(event()))
    assert refusal(await answer) == (400, "missing_signature")


@pytest.mark.parametrize(
    "header", ["t=,v1=", "t=1", "v1=ab", "garbage", "t=x,v1=ab", "t=1,v1=ab,t=2", "é"]
)
async def test_a_header_that_is_no_signature_is_refused(door: Door, header: str) -> None:
    http = await door()
    headers = [(b"stripe-signature", header.encode())]
    answer = http.post(PATH, content=json.dumps(event()), headers=headers)
    assert refusal(await answer) == (400, "invalid_signature")


async def test_a_changed_body_is_refused(door: Door) -> None:
    http = await door()
    headers = {"stripe-signature": signature(json.dumps(event()), SECRET)}
    answer = http.post(PATH, content=json.dumps(event()), headers=headers)
    assert refusal(await answer) == (400, "invalid_signature")


async def test_fault_7_a_clock_that_is_ahead_is_heard_of(door: Door) -> None:
    """Stripe signs anew each time, so that old signatures are copies, or our clock is wrong."""
    http = await door()
    moment, before = int(now().timestamp()), skew("ahead")
    assert (await post(http, event(), at=moment - 290)).status_code == 200
    assert skew("ahead") == before
    answer = post(http, event(), at=moment - 400)
    assert refusal(await answer) == (400, "invalid_signature")
    assert skew("ahead") == before + 1


async def test_fault_7_a_clock_that_is_behind_loses_nothing(door: Door) -> None:
    http = await door()
    before = skew("behind")
    assert (await post(http, event(), at=int(now().timestamp()) + 400)).status_code == 200
    assert skew("behind") == before + 1


@pytest.mark.parametrize(
    ("kind", "secret", "reason"),
    [
        ("customer.created", "whsec_connect", "secret_family_mismatch"),
        ("account.updated", "whsec_platform", "secret_family_mismatch"),
        ("customer.created", "whsec_platform", None),
    ],
)
async def test_a_secret_is_good_for_its_own_family_alone(
    door: Door, kind: str, secret: str, reason: str | None
) -> None:
    http = await door(
        stripe_webhook_secret="",
        stripe_webhook_secret_platform="whsec_platform",
        stripe_webhook_secret_connect="whsec_connect",
    )
    answer = await post(http, event(kind), secret)
    assert (answer.status_code, answer.json()["reason"]) == (200, reason)
    assert answer.json()["skipped"] is (reason is not None)
    assert refusal(await post(http, event(kind), "whsec_x")) == (400, "invalid_signature")


async def test_what_we_make_nothing_of_is_not_even_kept(door: Door, place: Scratch) -> None:
    http = await door()
    for said in (event("product.created"), {**event(), "account": "acct_somebody"}):
        assert (await post(http, said)).json()["reason"] == "type_not_handled"
        assert await kept(place, said) == []


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "7", '{"id": "evt_1"}', '{"id": 1, "type": 2, "data": {"object": 3}}',
     '{"id": "evt_1", "type": "a", "created": "x", "data": {"object": {}}}',
     '{"id": "evt_1", "type": "a", "created": 99999999999999, "data": {"object": {}}}',
     "[" * 50_000],
)  # fmt: skip
async def test_r6_signed_nonsense_is_a_bad_request(door: Door, body: str) -> None:
    http = await door()
    assert refusal(await post(http, body)) == (400, "invalid_body")


async def test_r6_a_body_beyond_the_limit_is_too_large(door: Door) -> None:
    http = await door()
    answer = post(http, event(description="x" * 1_100_000))
    assert refusal(await answer) == (413, "payload_too_large")


async def test_characters_that_nobody_can_store_are_left_out(door: Door, place: Scratch) -> None:
    http = await door()
    said = event(description="a\x00b\ud800c")
    assert (await post(http, said)).status_code == 200
    [row] = await kept(place, said)
    assert json.loads(row["payload"])["data"]["object"]["description"] == "ab?c"


async def test_stripe_is_never_throttled(door: Door) -> None:
    http = await door(openpartner_rate_limits=True)
    for path in (PATH, "/webhooks/stripe"):
        assert "ratelimit" not in (await post(http, event(), path=path)).headers
    assert "ratelimit" in (await http.get("/api/install/status")).headers


def test_settings_take_secrets_as_a_list() -> None:
    values = {
        "database_url_app": "postgresql+asyncpg://a@b/c",
        "secrets_encryption_key": "11" * 32,
        "stripe_webhook_secret": " whsec_a ,whsec_b,",
    }
    settings = Settings.model_validate(values)
    known = [secret.get_secret_value() for secret in settings.stripe_webhook_secret]
    assert known == ["whsec_a", "whsec_b"]
