"""Signing up by oneself: in at once, after an admin's look, or not at all."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest

from shared.ids import new_id
from shared.tokens import new_token
from tests.support.brand import Brand, Json
from tests.support.contract import Contract
from tests.support.mailbox import Mailbox
from tests.support.people import Person, browser
from tests.support.refusals import refusal
from tests.support.working import Worker


def address(brand: Brand) -> str:
    return f"pat-{brand.slug}@example.com"


async def sign_up(brand: Brand, **changes: Any) -> httpx2.Response:
    """As anybody may: without a key."""
    body = {"email": address(brand), "name": "Pat", **changes}
    return await brand.http.post(f"/api/t/{brand.slug}/partner-signup", json=body)


async def policy(brand: Brand, **wanted: Any) -> Json:
    return await brand.made("/config/partner-signup", wanted)


async def test_the_policy_is_read_and_changed(brand: Brand) -> None:
    first = (await brand.get("/config/partner-signup")).json()
    assert first == {"policy": "require_review", "disabled": False}
    assert await policy(brand, policy="auto_approve") == {
        "policy": "auto_approve", "disabled": False,
    }  # fmt: skip
    assert await policy(brand, disabled=True) == {"policy": "auto_approve", "disabled": True}
    assert await policy(brand, disabled=False) == {"policy": "auto_approve", "disabled": False}
    closed = {"policy": "auto_approve", "disabled": True}
    assert await policy(brand, policy="disabled") == closed
    assert (await brand.get("/config/partner-signup")).json() == closed
    wrong = await brand.post("/config/partner-signup", {"policy": "maybe"})
    assert refusal(wrong) == (400, "invalid_body")


async def test_a_program_that_takes_nobody_says_so(brand: Brand) -> None:
    await policy(brand, disabled=True)
    assert refusal(await sign_up(brand)) == (403, "signup_disabled")
    assert await brand.rows("partners") == []


async def test_r16_who_is_approved_at_once_can_make_links_at_once(
    brand: Brand, worker: Worker, mailbox: Mailbox, http: httpx2.AsyncClient, contract: Contract
) -> None:
    campaigns = [await brand.campaign(), await brand.campaign()]
    await policy(brand, policy="auto_approve")
    await brand.execute(
        "insert into webhook_endpoints (tenant_id, id, url, events, secret_prefix, secrets, active)"
        " values ($1, $2, 'https://127.0.0.1/', '{*}', 'whsec_', '[]', true)",
        brand.tenant_id, new_id(),
    )  # fmt: skip
    answer = await sign_up(brand, profile={"site": "https://pat.example"})
    assert answer.status_code == 201
    partner = answer.json()["partnerId"]
    assert answer.json() == {"ok": True, "status": "active", "partnerId": partner}
    [notice] = await brand.rows("notices")
    assert notice["type"] == "partner.created"
    for campaign in campaigns:
        assert campaign["id"] in notice["data"]
        await brand.link({"id": partner}, campaign)
    shown = (await brand.get(f"/partners/{partner}")).json()
    assert shown["metadata"] == {
        "source": "self_signup", "profile": {"site": "https://pat.example"},
    }  # fmt: skip
    await brand.execute("delete from jobs where name = 'webhooks.fan_out'")
    await worker.drain()
    async with browser(http, contract) as client:
        pat = Person(UUID(partner), address(brand), brand, worker, mailbox, client)
        verified = await pat.verify(mailbox.newest(pat.email).token)
        assert verified.json()["partner"]["id"] == partner


async def test_s2_an_applicants_own_link_lets_nobody_in(
    brand: Brand, worker: Worker, mailbox: Mailbox, http: httpx2.AsyncClient, contract: Contract
) -> None:
    await brand.campaign()
    answer = await sign_up(brand)
    partner = answer.json()["partnerId"]
    assert answer.json() == {"ok": True, "status": "pending_review", "partnerId": partner}
    await worker.drain()
    [letter] = mailbox.letters(address(brand))
    assert "http" not in letter.text
    async with browser(http, contract) as client:
        pat = Person(UUID(partner), address(brand), brand, worker, mailbox, client)
        # They ask for a link, an admin re-sends an invitation, and a link turns up all the same.
        await pat.ask()
        again = await brand.post(f"/partners/{partner}/invite")
        assert refusal(again) == (409, "pending_review")
        await worker.drain()
        assert len(mailbox.letters(pat.email)) == 1
        for purpose in ("partner_invite", "partner_signin"):
            token = await smuggled(brand, partner, purpose)
            assert refusal(await pat.verify(token)) == (400, "invalid_or_expired_token")
        assert (await brand.get(f"/partners/{partner}")).json()["activatedAt"] is None
        assert await brand.rows("grants") == []
        await approve(brand, pat)


async def approve(brand: Brand, pat: Person) -> None:
    """And now an admin does let them in."""
    approved = await brand.made(f"/partners/{pat.id}/approve")
    assert approved["approvedAt"] is not None
    assert approved["activatedAt"] is not None
    assert len(await brand.rows("grants")) == 1
    again = await brand.post(f"/partners/{pat.id}/approve")
    assert refusal(again) == (409, "already_approved")
    await pat.worker.drain()
    assert (await pat.verify(pat.mailbox.newest(pat.email).token)).status_code == 200


async def smuggled(brand: Brand, partner: str, purpose: str) -> str:
    token = new_token("opml_")
    await brand.execute(
        "insert into magic_links (tenant_id, id, digest, purpose, principal_kind, principal_id,"
        " expires_at) values ($1, $2, $3, $4, 'partner', $5, now() + interval '1 minute')",
        brand.tenant_id, new_id(), token.digest, purpose, UUID(partner),
    )  # fmt: skip
    return token.plaintext


async def test_whoever_is_there_already_is_left_alone(brand: Brand) -> None:
    partner = await brand.partner(email=address(brand))
    await policy(brand, policy="auto_approve")
    answer = await sign_up(brand, email=address(brand).upper())
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "status": "already_registered"}
    assert [row["name"] for row in await brand.rows("partners")] == [partner["name"]]
    assert await brand.rows("jobs") == []
    await brand.made(f"/partners/{partner['id']}/revoke", {"notify": False})
    assert (await sign_up(brand)).json()["status"] == "already_registered"
    assert refusal(await brand.post(f"/partners/{partner['id']}/approve")) == (
        409, "already_approved",
    )  # fmt: skip


@pytest.mark.parametrize("how", ["auto_approve", "require_review"])
async def test_one_address_becomes_one_partner_also_in_a_race(brand: Brand, how: str) -> None:
    await brand.campaign()
    await policy(brand, policy=how)
    answers = await asyncio.gather(*(sign_up(brand) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len(await brand.rows("partners")) == 1
    assert len(await brand.rows("jobs")) == 1


async def test_one_approval_wins_and_a_rejected_applicant_stays_out(brand: Brand) -> None:
    partner = (await sign_up(brand)).json()["partnerId"]
    answers = await asyncio.gather(*(brand.post(f"/partners/{partner}/approve") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    other = (await sign_up(brand, email="x@example.com")).json()["partnerId"]
    await brand.made(f"/partners/{other}/revoke", {"reason": "no"})
    assert refusal(await brand.post(f"/partners/{other}/approve")) == (409, "partner_revoked")
    assert refusal(await brand.post(f"/partners/{new_id()}/approve")) == (404, "not_found")


async def test_partners_are_listed_by_how_they_stand(brand: Brand) -> None:
    waiting = (await sign_up(brand)).json()["partnerId"]
    active, revoked = await brand.partner(), await brand.partner()
    await brand.made(f"/partners/{revoked['id']}/revoke")
    invited = await brand.partner(sendInvite=True)
    for status, wanted in (
        ("pending_review", waiting), ("active", active["id"]), ("revoked", revoked["id"]),
        ("invited", invited["id"]),
    ):  # fmt: skip
        found = (await brand.get(f"/partners?status={status}")).json()["partners"]
        assert [one["id"] for one in found] == [wanted]
    assert refusal(await brand.get("/partners?status=gone")) == (400, "invalid_query")


async def test_only_admins_let_applicants_in(brand: Brand) -> None:
    partner = (await sign_up(brand)).json()["partnerId"]
    scoped = await brand.scoped_headers("partners:write", "partners:read")
    for path in (f"/partners/{partner}/approve", "/config/partner-signup"):
        answer = await brand.post(path, {}, headers=scoped)
        assert refusal(answer) == (403, "forbidden_scope")
