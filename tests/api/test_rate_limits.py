"""Rate limits: by address, by key, and none that a forged header could dodge."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import time_machine

from api.settings import Settings
from api.web.rate_limits import MAILS, RateLimits
from shared.ids import new_id
from tests.conftest import Install
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.working import Worker

HEADERS = {"Authorization": "Bearer an-admin-key-of-a-test"}
ADMIN = {"admin_api_key": "an-admin-key-of-a-test", "openpartner_rate_limits": True}


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    """No window slides while requests are counted."""
    with time_machine.travel(datetime.now(tz=UTC), tick=False):
        yield


async def statuses(http: httpx2.AsyncClient, count: int, path: str, **options: object) -> list[int]:
    return [
        (await http.get(path, **options)).status_code  # type: ignore[arg-type]  # httpx options
        for _ in range(count)
    ]


async def test_one_address_gets_600_requests_in_five_minutes(empty_install: Install) -> None:
    http, _, _ = await empty_install(**ADMIN)
    answers = await statuses(http, 605, "/api/campaigns")
    assert answers[:600] == [401] * 600
    assert answers[600:] == [429] * 5
    refused = await http.get("/api/campaigns")
    assert refused.json()["error"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 300
    assert (await http.get("/health")).status_code == 200


async def test_a_forged_header_dodges_nothing(empty_install: Install) -> None:
    http, _, _ = await empty_install(**ADMIN)
    answers = [
        (await http.get("/api/campaigns", headers={"X-Forwarded-For": f"198.51.100.{n % 250}"}))
        for n in range(601)
    ]
    assert answers[-1].status_code == 429


async def test_r5_a_servers_key_has_a_larger_limit_of_its_own(empty_install: Install) -> None:
    http, _, _ = await empty_install(**ADMIN)
    answers = await statuses(http, 700, "/api/campaigns", headers=HEADERS)
    assert set(answers) == {200}
    told = (await http.get("/api/campaigns", headers=HEADERS)).headers
    assert told["ratelimit-policy"] == "6000;w=60"
    assert told["ratelimit"].startswith("limit=6000, remaining=")


async def test_guessing_keys_ends_after_twenty_while_known_keys_pass(
    empty_install: Install,
) -> None:
    http, _, _ = await empty_install(**ADMIN)
    guesses = [
        (await http.get("/api/campaigns", headers={"Authorization": f"Bearer op_guess{n}"}))
        for n in range(25)
    ]
    assert [answer.status_code for answer in guesses] == [401] * 20 + [429] * 5
    assert (await http.get("/api/campaigns", headers=HEADERS)).status_code == 200


async def test_a_header_that_is_no_key_has_no_limit_of_its_own(empty_install: Install) -> None:
    http, _, _ = await empty_install(**ADMIN)
    answers = [
        await http.get("/api/campaigns", headers={"Authorization": f"Basic {n}"})
        for n in range(601)
    ]
    assert answers[-1].status_code == 429


async def exhausted(
    http: httpx2.AsyncClient, path: str, rate: int, body: object, **options: Any
) -> None:
    """Exactly `rate` requests are looked at; the next one is told when to come again."""
    answers = [await http.post(path, json=body, **options) for _ in range(rate)]
    assert 429 not in {answer.status_code for answer in answers}
    refused = await http.post(path, json=body, **options)
    assert refusal(refused) == (429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 120
    forged = await http.post(path, json=body, headers={"X-Forwarded-For": "203.0.113.9"})
    assert forged.status_code == 429


@pytest.mark.parametrize(
    ("path", "rate", "body"),
    [
        ("/api/install", 5, {}),
        ("/api/partner-signup", 10, {"email": "a@example.com", "name": "A"}),
        ("/api/auth/signin", 10, {"email": "a@example.com"}),
        ("/api/auth/magic/verify", 30, {"token": "opml_guess"}),
        ("/api/attribution/identify", 120, {"cref": "x", "userId": "u"}),
    ],
)
async def test_what_anybody_may_call_has_a_limit_of_its_own(
    empty_install: Install, path: str, rate: int, body: object
) -> None:
    http, _, _ = await empty_install(openpartner_rate_limits=True)
    await exhausted(http, path, rate, body)


async def test_keys_are_made_thirty_a_minute(empty_install: Install) -> None:
    http, _, _ = await empty_install(**ADMIN)
    answers = [await http.post("/api/api-keys", headers=HEADERS) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [201] * 30 + [429]


async def test_a_merchants_server_identifies_more_than_a_browser_does(
    empty_install: Install,
) -> None:
    http, _, _ = await empty_install(**ADMIN)
    body = {"cref": "x", "userId": "u"}
    answers = [
        await http.post("/api/attribution/identify", json=body, headers=HEADERS) for _ in range(130)
    ]
    assert 429 not in {answer.status_code for answer in answers}
    guesses = [
        await http.post(
            "/api/attribution/identify", json=body, headers={"Authorization": f"Bearer op_{n}"}
        )
        for n in range(25)
    ]
    assert [answer.status_code for answer in guesses].count(429) == 5


async def test_fault_25_a_flood_for_one_mailbox_is_three_mails(empty_install: Install) -> None:
    """1,000 requests: 429 from the eleventh in a minute; ten an hour pass, and three are sent."""
    http, scratch, settings = await empty_install(openpartner_rate_limits=True)
    connection = await scratch.connect()
    await connection.execute(
        "insert into admins (tenant_id, id, email, name, activated_at)"
        " select id, $1, 'ada@example.com', 'Ada', now() from tenants",
        new_id(),
    )
    body = {"email": "ada@example.com"}
    answers = [await http.post("/api/auth/signin", json=body) for _ in range(1000)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 990
    async with Worker.at(settings) as worker:
        await worker.drain()
    links = await connection.fetch("select consumed_at from magic_links order by id")
    await connection.close()
    assert len(links) == 3
    assert [row["consumed_at"] is None for row in links] == [False, False, True]
    assert settings.mail_console_file is not None
    assert len(Mailbox(settings.mail_console_file).letters("ada@example.com")) == 3


async def test_fault_25_one_address_has_ten_mails_an_hour_sent_and_is_not_told(
    empty_install: Install,
) -> None:
    http, scratch, _ = await empty_install(openpartner_rate_limits=True)
    hour = RateLimits.of(Settings.model_construct(redis_url=None, openpartner_rate_limits=True))
    assert [await hour.spare(MAILS, "mails", "a") for _ in range(11)] == [True] * 10 + [False]
    assert await hour.spare(MAILS, "mails", "b")
    for number in range(10):
        await http.post("/api/auth/signin", json={"email": f"a{number}@example.com"})
    connection = await scratch.connect()
    jobs = await connection.fetchval("select count(*) from jobs where name = 'sign_in.link'")
    await connection.close()
    assert jobs == 10


# Ten thousand requests, one after the other, for as long as a busy machine takes.
@pytest.mark.timeout(1800)
async def test_fault_24_guessing_keys_from_many_addresses_costs_little_and_locks_nothing(
    empty_install: Install,
) -> None:
    """10,000 guesses: each address has twenty tries a minute, and whoever has a key is unaffected."""
    http, scratch, _ = await empty_install(**ADMIN, trusted_proxies="127.0.0.1/32")
    key = (await http.post("/api/api-keys", headers=HEADERS)).json()["plaintext"]
    mine = {"Authorization": f"Bearer {key}"}
    # In use since before: keys that are known are looked up no more.
    assert (await http.get("/api/campaigns", headers=mine)).status_code == 200
    before = await stored_keys(scratch)
    for number in range(200):
        address = {"X-Forwarded-For": f"203.0.113.{number}"}
        with statements() as sent:
            answers = [
                await http.get(
                    "/api/campaigns",
                    headers={"Authorization": f"Bearer {key[:-4]}{n:04}", **address},
                )
                for n in range(50)
            ]
        assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 30
        # To whom the key belongs, and whether it opens anything there: neither writes.
        assert len(sent) <= 40
        assert not any("update" in statement.lower() for statement in sent)
        assert (await http.get("/api/campaigns", headers=mine | address)).status_code == 200
    assert await stored_keys(scratch) == before


async def stored_keys(scratch: Scratch) -> list[Any]:
    """As they are, but for when they were last used."""
    connection = await scratch.connect()
    rows: list[Any] = await connection.fetch("select id, digest, revoked_at from api_keys")
    await connection.close()
    return rows
