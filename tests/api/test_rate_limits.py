"""Rate limits: by address, by key, and none that a forged header could dodge."""

import httpx2

from tests.conftest import Install

HEADERS = {"Authorization": "Bearer an-admin-key-of-a-test"}
ADMIN = {"admin_api_key": "an-admin-key-of-a-test", "openpartner_rate_limits": True}


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
