"""API keys: shown once, opening exactly what they say."""

from typing import Any
from uuid import UUID

import pytest

from api.access.roles import SCOPES
from shared.ids import new_id
from shared.tokens import digest_of
from tests.support.brand import Brand, bearer
from tests.support.paging import pages
from tests.support.refusals import refusal


async def stored(brand: Brand, id: str) -> Any:
    [row] = await brand.fetch("select * from api_keys where id = $1", UUID(id))
    return row


async def test_an_admin_key_opens_what_an_admin_may_do(brand: Brand) -> None:
    made = await brand.made("/api-keys", {"label": "deploy"})
    assert set(made) == {"id", "plaintext"}
    mine = bearer(made["plaintext"])
    assert (await brand.get("/auth/whoami", headers=mine)).json()["role"] == "admin"
    assert (await brand.post("/api-keys", headers=mine)).status_code == 201
    assert (await stored(brand, made["id"]))["label"] == "deploy"


async def test_s7_a_key_is_256_random_bits_of_which_we_keep_a_digest(brand: Brand) -> None:
    keys = [await brand.made("/api-keys", {}) for _ in range(20)]
    assert len({key["plaintext"] for key in keys}) == 20
    prefixes = set()
    for key in keys:
        plaintext = key["plaintext"]
        assert plaintext.startswith("op_")
        # 43 characters of base64url carry 32 bytes.
        assert len(plaintext.removeprefix("op_")) == 43
        row = await stored(brand, key["id"])
        assert row["digest"] == digest_of(plaintext)
        assert plaintext not in str(row)
        assert plaintext.startswith(row["prefix"])
        # 36 bits behind the literal tell keys apart; 220 stay unknown.
        assert len(row["prefix"].removeprefix("op_")) == 6
        prefixes.add(row["prefix"])
    assert len(prefixes) == 20


async def test_a_scoped_key_is_made_and_listed(brand: Brand) -> None:
    wanted = {"scopes": ["events:write", "partners:read", "events:write"], "label": "CRM"}
    made = await brand.made("/api-keys/scoped", wanted)
    assert made["scopes"] == ["events:write", "partners:read"]
    other = await brand.made("/api-keys/scoped", {"scopes": ["links:write"]})
    await brand.made("/api-keys", {"label": "an admin's is not listed"})
    listed = (await brand.get("/api-keys")).json()
    assert [key["id"] for key in listed["apiKeys"]] == [other["id"], made["id"]]
    assert listed["nextCursor"] is None
    assert listed["apiKeys"][1] == {
        "id": made["id"],
        "prefix": made["plaintext"][:9],
        "label": "CRM",
        "scopes": ["events:write", "partners:read"],
        "createdBy": None,
        "expiresAt": None,
        "allowedAddresses": None,
        "createdAt": listed["apiKeys"][1]["createdAt"],
        "lastUsedAt": None,
        "revokedAt": None,
    }
    found = (await brand.get("/api-keys?scope=links:write")).json()
    assert [key["id"] for key in found["apiKeys"]] == [other["id"]]
    assert (await brand.get("/api-keys?scope=nonsense")).json()["apiKeys"] == []


async def test_keys_come_in_pages(brand: Brand) -> None:
    made = [await brand.made("/api-keys/scoped", {"scopes": ["links:read"]}) for _ in range(5)]
    seen = [page async for page in pages(brand, "/api-keys", "apiKeys", limit=2)]
    assert [len(page) for page in seen] == [2, 2, 1]
    assert [key["id"] for page in seen for key in page] == [key["id"] for key in reversed(made)]


async def test_r9_the_last_use_of_a_key_is_remembered(brand: Brand) -> None:
    made = await brand.made("/api-keys/scoped", {"scopes": ["links:read"]})
    await brand.get("/auth/introspect", headers=bearer(made["plaintext"]))
    [key] = (await brand.get("/api-keys")).json()["apiKeys"]
    assert key["lastUsedAt"] is not None


@pytest.mark.parametrize(
    "body",
    [
        {}, {"scopes": []}, {"scopes": ["everything"]}, {"scopes": ["links:read", "admin"]},
        {"scopes": "links:read"}, {"scopes": ["LINKS:READ"]}, {"scopes": [1]},
        {"scopes": ["links:read"], "label": "x" * 121}, {"scopes": None},
        {"scopes": ["links:read"], "partnerId": "x"}, {"scopes": ["x" * 65]}, [],
        {"scopes": ["links:read"], "label": {"a": 1}}, {"scopes": ["links:read"] * 51},
        {"scopes": ["links:read\x00"]}, None,
    ],
)  # fmt: skip
async def test_s6_a_scope_nobody_knows_is_refused(body: Any, brand: Brand) -> None:
    assert refusal(await brand.post("/api-keys/scoped", body)) == (400, "invalid_body")
    assert (await brand.get("/api-keys")).json()["apiKeys"] == []


async def test_s6_no_scope_makes_an_admin(brand: Brand) -> None:
    every = await brand.scoped_headers(*SCOPES)
    partner = await brand.partner()
    refused = [
        ("GET", "/campaigns", None),
        ("POST", "/campaigns", {"name": "x"}),
        ("GET", "/api-keys", None),
        ("POST", "/api-keys", {}),
        ("POST", "/api-keys/scoped", {"scopes": ["events:write"]}),
        ("DELETE", f"/api-keys/{new_id()}", None),
        ("POST", f"/partners/{partner['id']}/api-keys", {}),
        ("GET", f"/partners/{partner['id']}/api-keys", None),
    ]
    for method, path, body in refused:
        answer = await brand.request(method, path, json=body, headers=every)
        assert refusal(answer) == (403, "forbidden_scope"), path
        assert answer.json()["required"], path


async def test_a_partners_keys_are_the_partners_own(brand: Brand) -> None:
    pat, ida = await brand.partner(), await brand.partner()
    made = await brand.made(f"/partners/{pat['id']}/api-keys", {"label": "site"})
    pats = bearer(made["plaintext"])
    second = await brand.made(f"/partners/{pat['id']}/api-keys", headers=pats)
    listed = (await brand.get(f"/partners/{pat['id']}/api-keys", headers=pats)).json()
    assert [key["id"] for key in listed["apiKeys"]] == [second["id"], made["id"]]
    assert set(listed["apiKeys"][0]) == {
        "id", "prefix", "label", "createdBy", "expiresAt", "allowedAddresses", "createdAt",
        "lastUsedAt", "revokedAt",
    }  # fmt: skip
    for method in ("GET", "POST"):
        other = await brand.request(method, f"/partners/{ida['id']}/api-keys", headers=pats)
        assert refusal(other) == (403, "forbidden")
        gone = await brand.request(method, f"/partners/{new_id()}/api-keys")
        assert refusal(gone) == (404, "partner_not_found")
    assert refusal(await brand.get("/api-keys", headers=pats)) == (403, "forbidden")
    assert refusal(await brand.post("/api-keys", headers=pats)) == (403, "forbidden")


async def test_a_revoked_key_opens_nothing_at_once(brand: Brand) -> None:
    pat, ida = await brand.partner(), await brand.partner()
    pats = await brand.made(f"/partners/{pat['id']}/api-keys")
    idas = await brand.made(f"/partners/{ida['id']}/api-keys")
    headers = bearer(pats["plaintext"])
    assert (await brand.get("/auth/whoami", headers=headers)).status_code == 200

    async def revoke(key: str, **options: Any) -> Any:
        return await brand.request("DELETE", f"/api-keys/{key}", **options)

    assert refusal(await revoke(idas["id"], headers=headers)) == (403, "forbidden")
    assert (await revoke(pats["id"], headers=headers)).json() == {"ok": True}
    assert refusal(await brand.get("/auth/whoami", headers=headers)) == (401, "unauthorized")
    revoked = (await stored(brand, pats["id"]))["revoked_at"]
    assert (await revoke(pats["id"])).json() == {"ok": True}
    assert (await stored(brand, pats["id"]))["revoked_at"] == revoked
    assert (await revoke(idas["id"])).json() == {"ok": True}
    for unknown in (new_id(), "nonsense"):
        assert refusal(await revoke(str(unknown))) == (404, "not_found")


async def test_a_key_belongs_to_its_workspace(brand: Brand, other_brand: Brand) -> None:
    made = await brand.made("/api-keys/scoped", {"scopes": ["links:read"]})
    elsewhere = await brand.http.get(
        f"/api/t/{other_brand.slug}/auth/introspect", headers=bearer(made["plaintext"])
    )
    assert refusal(elsewhere) == (401, "unauthorized")
    stolen = await other_brand.request("DELETE", f"/api-keys/{made['id']}")
    assert refusal(stolen) == (404, "not_found")
    assert (await other_brand.get("/api-keys")).json()["apiKeys"] == []


@pytest.mark.parametrize("path", ["/api-keys", "/api-keys/scoped"])
async def test_a_repeated_request_shows_the_same_key_which_rests_sealed(
    path: str, brand: Brand
) -> None:
    body = {"label": "x"} | ({"scopes": ["links:read"]} if path.endswith("scoped") else {})
    headers = {**brand.headers, "Idempotency-Key": "make-me-one"}
    first = await brand.post(path, body, headers=headers)
    again = await brand.post(path, body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await brand.post(path, {**body, "label": "y"}, headers=headers)
    assert refusal(other) == (422, "idempotency_key_reused")
    plaintext = first.json()["plaintext"]
    for table in ("idempotent_requests", "api_keys", "audit_entries"):
        kept = await brand.fetch(f"select t::text from {table} t")  # noqa: S608  # names of our own
        assert kept
        assert plaintext not in str(kept)
