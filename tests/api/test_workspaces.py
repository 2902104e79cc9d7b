"""One person, several programs: a link to the platform, a list, a door into each, and one way out."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.support.brand import Brand
from tests.support.contract import Contract
from tests.support.mailbox import Mailbox
from tests.support.people import add_admin, browser
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.working import Worker

ADD = (
    "insert into admins (tenant_id, id, email, name) values ($1, gen_random_uuid(), $2, 'Ada')"
    " returning id"
)


@pytest.fixture
async def client(http: httpx2.AsyncClient, contract: Contract) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(http, contract) as client:
        yield client


async def link(client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, email: str) -> str:
    answer = await client.post("/api/signin", json={"email": email.upper()})
    assert answer.json() == {"ok": True}
    await worker.drain()
    letter = mailbox.newest(email)
    assert letter.link.startswith("http://localhost:4601/auth/magic?token=oppl_")
    return letter.token


async def enter(client: httpx2.AsyncClient, slug: str, csrf: str) -> httpx2.Response:
    return await client.post(
        "/api/workspaces/enter", json={"slug": slug}, headers={"X-CSRF-Token": csrf}
    )


async def test_a_person_of_two_programs_enters_each_and_leaves_both(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand, other_brand: Brand
) -> None:
    admin, email = await add_admin(brand)
    invited = (await brand.fetch(ADD, other_brand.tenant_id, email))[0]["id"]
    assert (await client.get("/api/session/home")).json() == {"home": None}
    assert refusal(await client.get("/api/me/workspaces")) == (401, "no_platform_session")
    token = await link(client, worker, mailbox, email)
    signed_in = await client.post("/api/auth/platform-verify", json={"token": token})
    csrf = signed_in.json()["csrfToken"]
    assert signed_in.json() == {"ok": True, "kind": "platform", "email": email, "csrfToken": csrf}
    home = {"home": "/workspaces", "kind": "platform", "email": email}
    assert (await client.get("/api/session/home")).json() == home
    listed = (await client.get("/api/me/workspaces")).json()
    assert listed["email"] == email
    mine = [(one["tenantSlug"], one["adminId"], one["activated"]) for one in listed["workspaces"]]
    assert mine == sorted([(brand.slug, str(admin), True), (other_brand.slug, str(invited), False)])
    entered = await enter(client, other_brand.slug, csrf)
    assert entered.json()["home"] == f"/t/{other_brand.slug}/"
    [row] = await brand.fetch("select * from admins where id = $1", invited)
    assert row["activated_at"] is not None
    assert row["last_sign_in_at"] is not None
    who = await client.get(f"/api/t/{other_brand.slug}/auth/whoami")
    assert who.json()["admin"]["id"] == str(invited)
    assert refusal(await client.get(f"/api/t/{brand.slug}/auth/whoami")) == (401, "unauthorized")
    copied = client.cookies["op_session"]
    await enter(client, brand.slug, csrf)
    assert client.cookies["op_session"] != copied
    ended = await client.get(
        f"/api/t/{other_brand.slug}/auth/whoami", headers={"Cookie": f"op_session={copied}"}
    )
    assert refusal(ended) == (401, "unauthorized")
    home = {"home": f"/t/{brand.slug}/", "kind": "admin", "tenantSlug": brand.slug}
    assert (await client.get("/api/session/home")).json() == home


@pytest.mark.parametrize("path", ["/api/auth/platform-signout", "/api/auth/signout"])
async def test_x6_either_way_out_ends_both_sessions_without_a_slug(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand, path: str
) -> None:
    _, email = await add_admin(brand)
    token = await link(client, worker, mailbox, email)
    signed_in = await client.post("/api/auth/platform-verify", json={"token": token})
    await enter(client, brand.slug, signed_in.json()["csrfToken"])
    held = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    answer = await client.post(path)
    assert answer.status_code == 200
    assert dict(client.cookies) == {}
    copied = {"Cookie": held}
    assert (await client.get("/api/session/home", headers=copied)).json() == {"home": None}
    listed = await client.get("/api/me/workspaces", headers=copied)
    assert refusal(listed) == (401, "invalid_or_expired_session")
    inside = await client.get(f"/api/t/{brand.slug}/auth/whoami", headers=copied)
    assert refusal(inside) == (401, "unauthorized")


async def test_a_link_opens_once_and_only_what_it_is_for(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand
) -> None:
    _, email = await add_admin(brand)
    older = await link(client, worker, mailbox, email)
    token = await link(client, worker, mailbox, email)
    verify = "/api/auth/platform-verify"
    assert refusal(await client.post(verify, json={"token": older})) == (
        400, "invalid_or_expired_token",
    )  # fmt: skip
    for elsewhere in ("opml_of-a-workspace", "opol_of-the-console"):
        refused = await client.post(verify, json={"token": elsewhere})
        assert refusal(refused) == (400, "wrong_token_kind")
    at_console = await client.post("/api/platform-admin/verify", json={"token": token})
    assert refusal(at_console) == (400, "wrong_token_kind")
    answers = await asyncio.gather(*(client.post(verify, json={"token": token}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


async def test_s8_nobody_can_tell_whether_an_address_runs_a_program(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand
) -> None:
    _, known = await add_admin(brand)
    _, gone = await add_admin(brand, revoked=True)
    seen = set()
    for email in (known, gone, "stranger@example.com"):
        with statements() as sent:
            answer = await client.post("/api/signin", json={"email": email})
        seen.add((answer.status_code, answer.text, tuple(sent)))
    assert len(seen) == 1
    await worker.drain()
    assert len(mailbox.letters(known)) == 1
    assert mailbox.letters(gone) == mailbox.letters("stranger@example.com") == []


async def test_no_more_than_three_links_reach_one_mailbox(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand
) -> None:
    _, email = await add_admin(brand)
    for _ in range(5):
        await client.post("/api/signin", json={"email": email})
        await worker.drain()
    assert len(mailbox.letters(email)) == 3


async def test_only_ones_own_programs_open(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand, other_brand: Brand
) -> None:
    _, email = await add_admin(brand)
    token = await link(client, worker, mailbox, email)
    signed_in = await client.post("/api/auth/platform-verify", json={"token": token})
    csrf = signed_in.json()["csrfToken"]
    assert refusal(await enter(client, other_brand.slug, csrf)) == (403, "not_a_member")
    assert refusal(await enter(client, "nobody-here", csrf)) == (404, "tenant_not_found")
    assert refusal(await enter(client, brand.slug, "guess")) == (403, "csrf_failed")
    await brand.execute("update tenants set status = 'suspended' where id = $1", brand.tenant_id)
    assert refusal(await enter(client, brand.slug, csrf)) == (403, "not_a_member")


async def test_without_a_portal_our_own_pages_lead_from_the_mail_into_a_program(
    client: httpx2.AsyncClient, worker: Worker, mailbox: Mailbox, brand: Brand
) -> None:
    _, email = await add_admin(brand)
    home = (await client.get("/")).text
    assert all(form in home for form in ('data-post="/signin"', 'data-post="/signup"'))
    token = await link(client, worker, mailbox, email)
    landing = (await client.get("/auth/magic", params={"token": token})).text
    assert 'data-post="/auth/platform-verify"' in landing
    at_brand = (await client.get(f"/t/{brand.slug}/auth/magic")).text
    assert 'data-post="/auth/magic/verify"' in at_brand
    console = (await client.get("/platform-admin/auth/magic")).text
    assert 'data-post="/platform-admin/verify"' in console
    await client.post("/api/auth/platform-verify", json={"token": token})
    mine = (await client.get("/")).text
    assert f'name="slug" value="{brand.slug}"' in mine
    assert email in mine
