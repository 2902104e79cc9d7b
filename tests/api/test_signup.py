"""Brands sign up: one gets a name, nobody takes over what another began, and mail can wait."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.main import create_app
from shared.ids import new_id
from tests.conftest import Install, settings_for
from tests.support.brand import Brand, Json
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox
from tests.support.ports import free_port
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker

BY_SLUG = "select * from tenants where slug = $1"


def wanted(**changes: Any) -> Json:
    name = new_id().hex[-12:]
    body = {
        "slug": f"brand-{name}", "displayName": "Acme", "adminEmail": f"{name}@example.com",
        "adminName": "Ada",
    }  # fmt: skip
    return {**body, **changes}


async def sign_up(http: httpx2.AsyncClient, body: Json) -> httpx2.Response:
    return await http.post("/api/signup", json=body)


async def test_x1_a_brand_signs_up_and_its_evaluation_begins(
    http: httpx2.AsyncClient, brand: Brand, mailbox: Mailbox
) -> None:
    body = wanted(plan="flex")
    answer = await sign_up(http, body)
    assert answer.status_code == 201
    told = answer.json()
    [tenant] = await brand.fetch(BY_SLUG, body["slug"])
    assert told == {
        "ok": True, "tenant": {"id": str(tenant["id"]), "slug": body["slug"]},
        "baseUrl": f"http://localhost:4601/api/t/{body['slug']}", "approvalStatus": "approved",
        "mailDelivered": True, "createdAt": told["createdAt"],
        "network": {"status": "off", "vendorId": None},
    }  # fmt: skip
    [account] = await brand.fetch(
        "select * from billing_accounts where tenant_id = $1", tenant["id"]
    )
    assert account["plan"] == "flex"
    assert account["first_trial_activated_at"] is not None
    assert 13 <= (account["trial_ends_at"] - tenant["created_at"]).days <= 14
    letter = mailbox.newest(body["adminEmail"])
    assert f"/t/{body['slug']}/auth/magic?token=opml_" in letter.link
    api = f"/api/t/{body['slug']}"
    signed_in = await http.post(f"{api}/auth/magic/verify", json={"token": letter.token})
    assert signed_in.json()["admin"]["email"] == body["adminEmail"]


@pytest.mark.parametrize(
    "slug", ["ab", "x" * 31, "Acme", "a_b", "a.b", "-acme", "acme-", "acme/x", "\u00e4cme"]
)
async def test_a_slug_is_short_plain_and_fits_into_an_address(
    http: httpx2.AsyncClient, slug: str
) -> None:
    assert refusal(await sign_up(http, wanted(slug=slug))) == (400, "invalid_body")


@pytest.mark.parametrize("slug", ["default", "www", "api", "platform", "platform-admin", "signup"])
async def test_names_of_our_own_are_reserved(http: httpx2.AsyncClient, slug: str) -> None:
    assert refusal(await sign_up(http, wanted(slug=slug))) == (409, "slug_reserved")


async def test_of_many_who_want_one_name_one_gets_it(
    http: httpx2.AsyncClient, brand: Brand
) -> None:
    slug = wanted()["slug"]
    answers = await asyncio.gather(*(sign_up(http, wanted(slug=slug)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {refusal(one)[1] for one in answers if one.status_code == 409} == {"slug_taken"}
    [tenant] = await brand.fetch(BY_SLUG, slug)
    admins = await brand.fetch("select * from admins where tenant_id = $1", tenant["id"])
    assert len(admins) == 1


async def test_s16_nobody_takes_over_what_another_address_began(
    http: httpx2.AsyncClient, brand: Brand, mailbox: Mailbox
) -> None:
    body = wanted()
    await sign_up(http, body)
    first = mailbox.newest(body["adminEmail"])
    thief = {**body, "adminEmail": wanted()["adminEmail"], "displayName": "Mine now"}
    assert refusal(await sign_up(http, thief)) == (409, "slug_taken")
    again = await sign_up(http, body)
    assert again.status_code == 201
    [tenant] = await brand.fetch(BY_SLUG, body["slug"])
    assert tenant["display_name"] == "Acme"
    assert again.json()["tenant"]["id"] == str(tenant["id"])
    newer = mailbox.newest(body["adminEmail"])
    assert newer.token != first.token
    api = f"/api/t/{body['slug']}"
    for token, status in ((first.token, 400), (newer.token, 200)):
        answer = await http.post(f"{api}/auth/magic/verify", json={"token": token})
        assert answer.status_code == status
    assert refusal(await sign_up(http, body)) == (409, "slug_taken")


async def test_signing_up_again_and_again_floods_no_mailbox(
    http: httpx2.AsyncClient, mailbox: Mailbox
) -> None:
    body = wanted()
    for _ in range(5):
        assert (await sign_up(http, body)).status_code == 201
    assert len(mailbox.letters(body["adminEmail"])) == 3


async def test_a_name_that_is_gone_is_nobodys_again(
    http: httpx2.AsyncClient, brand: Brand, worker: Worker
) -> None:
    """Links with it are out in the world."""
    body = wanted()
    await sign_up(http, body)
    await brand.execute(
        "update tenants set pending_deletion_at = now() - interval '31 days' where slug = $1",
        body["slug"],
    )
    assert await worker.act("tenant-hard-delete") == 0
    assert refusal(await sign_up(http, wanted(slug=body["slug"]))) == (409, "slug_taken")
    gone = await http.get(f"/api/t/{body['slug']}/branding")
    assert refusal(gone) == (410, "tenant_deleted")


@pytest.mark.parametrize(
    ("kind", "value"), [("email", "eve@mail.{}"), ("domain", "mail.{}"), ("domain", "{}")]
)
async def test_who_is_blocked_signs_up_nowhere(
    http: httpx2.AsyncClient, brand: Brand, kind: str, value: str
) -> None:
    domain = f"x{new_id().hex[-12:]}.example"
    await brand.execute(
        "insert into signup_blocks (id, kind, value, created_by) values ($1, $2, $3, 'olga')",
        new_id(), kind, value.format(domain),
    )  # fmt: skip
    refused = await sign_up(http, wanted(adminEmail=f"Eve@mail.{domain}"))
    assert refusal(refused) == (403, "signup_unavailable")
    assert (await sign_up(http, wanted(adminEmail=f"eve@not{domain}"))).status_code == 201


async def test_where_mail_fails_the_brand_is_made_and_we_go_on_trying(
    scratch: Scratch, tmp_path: Path, contract: Contract, brand: Brand
) -> None:
    nowhere = settings_for(scratch, tmp_path, smtp_host="127.0.0.1", smtp_port=free_port())
    body = wanted()
    async with (
        served(create_app(nowhere)) as address,
        httpx2.AsyncClient(
            base_url=address, event_hooks={"response": [contract.check]}, timeout=60
        ) as http,
    ):
        answer = await sign_up(http, body)
    assert answer.status_code == 202
    assert (answer.json()["mailDelivered"], bool(answer.json()["mailError"])) == (False, True)
    [job] = await brand.fetch(
        "select * from jobs join tenants on tenants.id = tenant_id"
        " where slug = $1 and name = 'sign_in.invite'",
        body["slug"],
    )
    assert job["done_at"] is None
    links = "select * from magic_links join tenants on tenants.id = tenant_id where slug = $1"
    assert await brand.fetch(links, body["slug"]) == []


async def test_an_installation_with_one_workspace_has_no_sign_up(empty_install: Install) -> None:
    http, _, _ = await empty_install()
    refused = (400, "signup_not_available_in_single_tenant")
    assert refusal(await sign_up(http, wanted())) == refused
    signin = await http.post("/api/signin", json={"email": "ada@example.com"})
    assert refusal(signin) == (400, "use_per_tenant_signin")


async def test_another_site_signs_nobody_up(http: httpx2.AsyncClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    answer = await http.post("/api/signup", json=wanted(), headers=foreign)
    assert refusal(answer) == (403, "csrf_failed")


async def test_where_brands_are_reviewed_partners_wait_for_approval(
    scratch: Scratch, tmp_path: Path, contract: Contract, brand: Brand
) -> None:
    reviewed = settings_for(scratch, tmp_path, openpartner_brand_review=True)
    async with (
        served(create_app(reviewed)) as address,
        httpx2.AsyncClient(
            base_url=address, event_hooks={"response": [contract.check]}, timeout=60
        ) as http,
    ):
        body = wanted()
        assert (await sign_up(http, body)).json()["approvalStatus"] == "pending"
        pending = "update tenants set approval_status = $2 where id = $1"
        await brand.execute(pending, brand.tenant_id, "pending")
        invited = {"email": "pat@example.com", "name": "Pat", "sendInvite": False}
        for path in ("/api/partners", f"/api/t/{brand.slug}/partner-signup"):
            fields = invited if path == "/api/partners" else {"email": "p@x.example", "name": "P"}
            answer = await http.post(path, json=fields, headers=brand.headers)
            assert refusal(answer) == (403, "brand_pending_review")
        assert (await http.get("/api/partners", headers=brand.headers)).status_code == 200
        await brand.execute(pending, brand.tenant_id, "approved")
        answer = await http.post("/api/partners", json=invited, headers=brand.headers)
        assert answer.status_code == 201
