"""Operators look at brands and decide; support only looks; every act is written down for good."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.main import create_app
from shared.ids import new_id
from tests.conftest import settings_for
from tests.support.brand import Brand
from tests.support.calls import Premises
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox
from tests.support.operating import Headers, operator_headers
from tests.support.people import add_admin
from tests.support.published import CONSOLE, operations
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker

ADMIN = "/api/platform-admin"
DECISIONS = [
    operation
    for operation in operations()
    if operation.path.startswith(CONSOLE) and operation.schemes and operation.method != "GET"
]


@pytest.fixture
async def olga(brand: Brand) -> Headers:
    return await operator_headers(brand)


async def decide(brand: Brand, olga: Headers, what: str, **body: Any) -> httpx2.Response:
    path = f"{ADMIN}/brands/{brand.tenant_id}/{what}"
    return await brand.http.post(path, json=body or None, headers=olga)


async def test_whom_the_environment_names_signs_in_by_mail_and_lets_others_help(
    scratch: Scratch, tmp_path: Path, contract: Contract
) -> None:
    email = f"olga-{new_id().hex[-8:]}@platform.example"
    settings = settings_for(scratch, tmp_path, platform_admin_emails=(email,))
    assert settings.mail_console_file
    mailbox = Mailbox(settings.mail_console_file)
    async with (
        served(create_app(settings)) as address,
        Worker.at(settings) as worker,
        httpx2.AsyncClient(
            base_url=address, event_hooks={"response": [contract.check]}, timeout=60
        ) as http,
    ):
        for asked in (email, "stranger@platform.example"):
            assert (await http.post(f"{ADMIN}/signin", json={"email": asked})).status_code == 200
        await worker.drain()
        assert mailbox.letters("stranger@platform.example") == []
        letter = mailbox.newest(email)
        assert "/platform-admin/auth/magic?token=opol_" in letter.link
        signed_in = await http.post(f"{ADMIN}/verify", json={"token": letter.token})
        assert signed_in.json()["role"] == "admin"
        csrf = {"X-CSRF-Token": signed_in.json()["csrfToken"]}
        assert (await http.get(f"{ADMIN}/me")).json()["email"] == email
        fresh = {"email": f"sam-{new_id().hex[-8:]}@x.example", "name": "Sam", "role": "support"}
        added = await http.post(f"{ADMIN}/operators", json=fresh, headers=csrf)
        assert added.status_code == 201
        again = await http.post(f"{ADMIN}/operators", json=fresh, headers=csrf)
        assert refusal(again) == (409, "operator_exists")
        held = dict(http.cookies)
        assert (await http.post(f"{ADMIN}/signout")).status_code == 200
        copied = {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())}
        ended = await http.get(f"{ADMIN}/me", headers=copied)
        assert refusal(ended) == (401, "invalid_or_expired_session")


@pytest.mark.parametrize("operation", DECISIONS, ids=lambda operation: operation.id)
async def test_support_looks_and_changes_nothing(brand: Brand, operation: Any) -> None:
    sam = await operator_headers(brand, "support")
    premises = Premises(brand)
    path, body = await premises.path(operation), await premises.body(operation)
    answer = await brand.http.request(operation.method, f"/api{path}", json=body, headers=sam)
    assert refusal(answer) == (403, "read_only_operator")
    for foreign in ({"X-CSRF-Token": "guess"}, {"Origin": "https://evil.example"}):
        headers = {"Cookie": sam["Cookie"], **foreign}
        answer = await brand.http.request(
            operation.method, f"/api{path}", json=body, headers=headers
        )
        assert refusal(answer) == (403, "csrf_failed")
    assert (await brand.http.get(f"{ADMIN}/brands", headers=sam)).status_code == 200


async def test_a_brand_is_found_by_whatever_is_known_of_it(brand: Brand, olga: Headers) -> None:
    _, email = await add_admin(brand)
    host = f"portal.{brand.slug}.example"
    await brand.execute(
        "insert into domains (tenant_id, id, host, purpose, token) values ($1, $2, $3, 'portal', '')",
        brand.tenant_id, new_id(), host,
    )  # fmt: skip
    for known in (brand.slug, brand.slug.upper(), email, host, str(brand.tenant_id)):
        found = await brand.http.get(f"{ADMIN}/brands", params={"q": known}, headers=olga)
        assert [one["slug"] for one in found.json()["brands"]] == [brand.slug]
    page = await brand.http.get(f"{ADMIN}/brands", params={"limit": 1}, headers=olga)
    following = page.json()["nextCursor"]
    second = await brand.http.get(
        f"{ADMIN}/brands", params={"limit": 1, "cursor": following}, headers=olga
    )
    assert second.json()["brands"] != page.json()["brands"]
    detail = await brand.http.get(f"{ADMIN}/brands/{brand.tenant_id}", headers=olga)
    assert detail.json()["admins"][0]["email"] == email
    assert detail.json()["domains"][0]["host"] == host
    unknown = await brand.http.get(f"{ADMIN}/brands/{new_id()}", headers=olga)
    assert refusal(unknown) == (404, "brand_not_found")


async def test_a_suspended_brand_is_shut_until_it_is_reinstated_and_hears_of_both(
    brand: Brand, olga: Headers, worker: Worker, mailbox: Mailbox
) -> None:
    _, email = await add_admin(brand)
    suspended = await decide(brand, olga, "suspend", reason="Unpaid since May")
    assert suspended.json()["status"] == "suspended"
    assert refusal(await brand.get("/partners")) == (403, "tenant_suspended")
    twice = await decide(brand, olga, "suspend", reason="Again")
    assert refusal(twice) == (409, "already_in_that_state")
    await worker.drain()
    assert "Unpaid since May" in mailbox.newest(email).text
    assert (await decide(brand, olga, "reinstate")).json()["status"] == "active"
    assert (await brand.get("/partners")).status_code == 200
    log = (await brand.get("/audit")).json()["entries"]
    told = [(one["actor"], one["action"]) for one in log if one["actor"] == "operator"]
    assert told == [("operator", "reinstate_brand"), ("operator", "suspend_brand")]
    entries = await brand.http.get(
        f"{ADMIN}/audit", params={"brandId": str(brand.tenant_id)}, headers=olga
    )
    actions = [(one["action"], one["details"]) for one in entries.json()["entries"]]
    body = {"body": {"reason": "Unpaid since May"}}
    assert actions == [("reinstate_brand", {}), ("suspend_brand", body)]


async def test_a_rejected_brand_is_shut_its_links_lead_nowhere_and_its_people_stay_out(
    brand: Brand, olga: Headers
) -> None:
    name = new_id().hex[-12:]
    await brand.execute(
        "insert into admins (tenant_id, id, email, name) values ($1, $2, $3, 'Eve')",
        brand.tenant_id, new_id(), f"eve@x{name}.example",
    )  # fmt: skip
    partner, campaign = await brand.partner(), await brand.campaign()
    await brand.link(partner, campaign)
    directory = "select active from link_directory where tenant_id = $1"
    assert [row["active"] for row in await brand.fetch(directory, brand.tenant_id)] == [True]
    rejected = await decide(brand, olga, "reject", reason="Phishing", banDomain=True)
    assert (rejected.json()["status"], rejected.json()["approvalStatus"]) == (
        "suspended", "rejected",
    )  # fmt: skip
    assert [row["active"] for row in await brand.fetch(directory, brand.tenant_id)] == [False]
    fresh = {
        "slug": f"again-{name}", "displayName": "Again", "adminEmail": f"mallory@x{name}.example",
        "adminName": "Mallory",
    }  # fmt: skip
    refused = await brand.http.post("/api/signup", json=fresh)
    assert refusal(refused) == (403, "signup_unavailable")
    assert refusal(await decide(brand, olga, "reinstate")) == (409, "already_in_that_state")
    approved = await decide(brand, olga, "approve")
    assert (approved.json()["status"], approved.json()["approvalStatus"]) == ("active", "approved")


async def test_a_blocked_campaigns_links_lead_nowhere_until_it_is_unblocked(
    brand: Brand, olga: Headers
) -> None:
    partner, campaign = await brand.partner(), await brand.campaign()
    await brand.link(partner, campaign)
    directory = "select active from link_directory where tenant_id = $1"
    for what, body, active in (("block", {"reason": "Phishing"}, False), ("unblock", {}, True)):
        answer = await decide(brand, olga, f"campaigns/{campaign['id']}/{what}", **body)
        assert (answer.json()["blockedAt"] is None) == active
        assert [row["active"] for row in await brand.fetch(directory, brand.tenant_id)] == [active]
    unknown = await decide(brand, olga, f"campaigns/{new_id()}/block", reason="Phishing")
    assert refusal(unknown) == (404, "campaign_not_found")


async def test_only_operators_make_a_brand_an_enterprise(brand: Brand, olga: Headers) -> None:
    path = f"{ADMIN}/brands/{brand.tenant_id}/plan"
    answer = await brand.http.put(path, json={"plan": "enterprise"}, headers=olga)
    assert answer.json()["plan"] == "enterprise"
    [account] = await brand.rows("billing_accounts")
    assert account["plan"] == "enterprise"


@pytest.fixture
async def nobody_else(scratch: Scratch) -> AsyncIterator[None]:
    """As if there had been no operators before, for a test of the last one."""
    connection = await scratch.connect()
    await connection.execute("update operators set revoked_at = now() where revoked_at is null")
    yield
    await connection.close()


async def test_who_is_shut_out_is_out_at_once_and_somebody_always_may_decide(
    brand: Brand, nobody_else: None
) -> None:
    assert nobody_else is None
    olga, otto = await operator_headers(brand), await operator_headers(brand)
    listed = (await brand.http.get(f"{ADMIN}/operators", headers=olga)).json()["operators"]
    active = {one["email"]: one["id"] for one in listed if one["revokedAt"] is None}
    ottos = (await brand.http.get(f"{ADMIN}/me", headers=otto)).json()["email"]
    gone = await brand.http.post(f"{ADMIN}/operators/{active[ottos]}/revoke", headers=olga)
    assert gone.json()["revokedAt"] is not None
    shut = await brand.http.get(f"{ADMIN}/me", headers=otto)
    assert refusal(shut) == (401, "invalid_or_expired_session")
    [mine] = [known for email, known in active.items() if email != ottos]
    last = await brand.http.post(f"{ADMIN}/operators/{mine}/revoke", headers=olga)
    assert refusal(last) == (409, "cannot_revoke_last_operator")


async def test_a_block_is_made_once_and_taken_back(brand: Brand, olga: Headers) -> None:
    body = {"kind": "domain", "value": f"x{new_id().hex[-12:]}.example"}
    made = await brand.http.post(f"{ADMIN}/blocklist", json=body, headers=olga)
    assert made.status_code == 201
    again = await brand.http.post(f"{ADMIN}/blocklist", json=body, headers=olga)
    assert refusal(again) == (409, "already_blocked")
    path = f"{ADMIN}/blocklist/{made.json()['id']}"
    assert (await brand.http.delete(path, headers=olga)).json() == {"ok": True}
    assert refusal(await brand.http.delete(path, headers=olga)) == (404, "not_found")
