"""Keys that open less: until a time, from some addresses, with a scope; and none once revoked."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from api.access.caller import _is_within
from api.access.roles import SCOPES
from shared.clock import now
from tests.conftest import Install
from tests.support.brand import Brand, bearer
from tests.support.refusals import refusal

HERE, ELSEWHERE = "127.0.0.1/32", "203.0.113.0/24"


async def opens(brand: Brand, key: dict[str, Any]) -> int:
    headers = bearer(key["plaintext"])
    return (await brand.get("/auth/introspect", headers=headers)).status_code


async def each_kind(brand: Brand, **limits: Any) -> list[dict[str, Any]]:
    """An admin's key, a scoped one and a partner's, with the same limits."""
    partner = await brand.partner()
    return [
        await brand.made("/api-keys", limits),
        await brand.made("/api-keys/scoped", {"scopes": ["links:read"], **limits}),
        await brand.made(f"/partners/{partner['id']}/api-keys", limits),
    ]


async def test_a_key_opens_nothing_from_its_expiry_on(brand: Brand) -> None:
    later = (now() + timedelta(hours=1)).isoformat()
    keys = await each_kind(brand, expiresAt=later)
    assert [await opens(brand, key) for key in keys] == [200, 200, 200]
    # Hours pass in the database, whose clock is the one that counts.
    await brand.execute(
        "update api_keys set expires_at = now() where tenant_id = $1 and expires_at is not null",
        brand.tenant_id,
    )
    assert [await opens(brand, key) for key in keys] == [401, 401, 401]
    [listed] = (await brand.get("/api-keys")).json()["apiKeys"]
    assert listed["expiresAt"] is not None
    assert listed["revokedAt"] is None


async def test_a_key_that_has_expired_already_is_not_made(brand: Brand) -> None:
    for body in (
        {"expiresAt": (now() - timedelta(seconds=1)).isoformat()},
        {"expiresAt": "tomorrow"}, {"expiresAt": 0}, {"expiresAt": "2099-01-01"},
    ):  # fmt: skip
        answer = await brand.post("/api-keys", body)
        assert refusal(answer) == (400, "invalid_body")
        assert "expiresAt" in answer.json()["detail"]["fieldErrors"]


async def test_a_key_opens_from_its_addresses_alone(brand: Brand) -> None:
    here = await each_kind(brand, allowedAddresses=[ELSEWHERE, HERE])
    away = await each_kind(brand, allowedAddresses=[ELSEWHERE, "2001:db8::/32"])
    assert [await opens(brand, key) for key in here] == [200, 200, 200]
    assert [await opens(brand, key) for key in away] == [401, 401, 401]
    newest = (await brand.get("/api-keys")).json()["apiKeys"][0]
    assert newest["allowedAddresses"] == [ELSEWHERE, "2001:db8::/32"]
    assert newest["lastUsedAt"] is None


async def test_a_claimed_address_opens_nothing_unless_a_proxy_of_ours_says_it(
    brand: Brand, empty_install: Install
) -> None:
    claim = {"X-Forwarded-For": "203.0.113.7"}
    key = await brand.made("/api-keys", {"allowedAddresses": [ELSEWHERE]})
    headers = bearer(key["plaintext"]) | claim
    assert (await brand.get("/auth/introspect", headers=headers)).status_code == 401
    root = {"Authorization": "Bearer an-admin-key-of-a-test"}
    http, _, _ = await empty_install(
        admin_api_key="an-admin-key-of-a-test", trusted_proxies="127.0.0.1/32"
    )
    made = await http.post("/api/api-keys", json={"allowedAddresses": [ELSEWHERE]}, headers=root)
    theirs = bearer(made.json()["plaintext"])
    assert (await http.get("/api/auth/introspect", headers=theirs | claim)).status_code == 200
    assert (await http.get("/api/auth/introspect", headers=theirs)).status_code == 401


@pytest.mark.parametrize(
    "blocks",
    [["203.0.113.7/24"], ["localhost"], [""], ["1.2.3.4/33"], "127.0.0.1", [1], ["::1"] * 51],
)
async def test_an_address_that_is_none_is_refused(blocks: Any, brand: Brand) -> None:
    answer = await brand.post("/api-keys", {"allowedAddresses": blocks})
    assert refusal(answer) == (400, "invalid_body")


def test_an_address_in_the_dress_of_ipv6_is_the_same_address() -> None:
    assert _is_within("::ffff:203.0.113.9", [ELSEWHERE])
    assert _is_within("2001:db8::1", [ELSEWHERE, "2001:db8::/32"])
    assert not _is_within("2001:db9::1", [ELSEWHERE, "2001:db8::/32"])
    assert not _is_within("", ["0.0.0.0/0", "::/0"])


async def test_the_scopes_are_listed_with_what_they_mean(brand: Brand) -> None:
    listed = (await brand.get("/api-keys/scopes")).json()
    assert [one["scope"] for one in listed["scopes"]] == list(SCOPES)
    assert all(one["sentence"].endswith(".") for one in listed["scopes"])
    bundles = {bundle["name"]: bundle["scopes"] for bundle in listed["bundles"]}
    assert set(bundles["network"]) == {
        "partners:write", "partners:read", "links:write", "commissions:read", "clicks:write",
    }  # fmt: skip
    assert set(bundles["crm"]) == {
        "events:write", "partners:write", "partners:read", "commissions:read", "webhooks:write",
    }  # fmt: skip
    for scopes in bundles.values():
        assert (await brand.post("/api-keys/scoped", {"scopes": scopes})).status_code == 201


async def test_a_key_revoked_during_requests_serves_each_whole_or_not_at_all(
    brand: Brand,
) -> None:
    key = await brand.made("/api-keys")
    headers = bearer(key["plaintext"])

    async def write(number: int) -> httpx2.Response:
        body = {"email": f"p{number}@example.com", "name": "P", "sendInvite": False}
        return await brand.post("/partners", body, headers=headers)

    async def revoke() -> httpx2.Response:
        return await brand.request("DELETE", f"/api-keys/{key['id']}")

    answers = await asyncio.gather(*map(write, range(20)), revoke(), *map(write, range(20, 40)))
    assert answers.pop(20).status_code == 200
    assert {answer.status_code for answer in answers} <= {201, 401}
    written = {row["email"] for row in await brand.rows("partners")}
    assert written == {one.json()["email"] for one in answers if one.status_code == 201}
    assert (await write(99)).status_code == 401
