"""Admins: invited, shut out and let back in; never oneself, and never the last."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2

from shared.ids import new_id
from tests.support.admins import SignedIn, signed_in_admin
from tests.support.brand import Brand, bearer
from tests.support.contract import Contract
from tests.support.mailbox import Mailbox
from tests.support.paging import pages
from tests.support.people import Person, browser
from tests.support.refusals import refusal
from tests.support.working import Worker


async def invited(brand: Brand, email: str = "ida@example.com") -> dict[str, Any]:
    return await brand.made("/admins", {"email": email, "name": "Ida"})


async def revoke(brand: Brand, admin: str, body: Any = None, **options: Any) -> httpx2.Response:
    return await brand.post(f"/admins/{admin}/revoke", body, **options)


async def test_an_invited_admin_follows_the_mail_and_runs_the_program(
    brand: Brand,
    http: httpx2.AsyncClient,
    contract: Contract,
    worker: Worker,
    mailbox: Mailbox,
) -> None:
    email = f"ida-{brand.slug}@example.com"
    made = await invited(brand, email.upper())
    assert made["email"] == email
    assert (made["activatedAt"], made["revokedAt"], made["lastSignInAt"]) == (None, None, None)
    await worker.drain()
    async with browser(http, contract) as client:
        ida = Person(UUID(made["id"]), email, brand, worker, mailbox, client)
        first = mailbox.newest(email).token
        assert (await brand.made(f"/admins/{made['id']}/invite")) == {"ok": True}
        await worker.drain()
        assert refusal(await ida.verify(first)) == (400, "invalid_or_expired_token")
        assert (await ida.verify(mailbox.newest(email).token)).status_code == 200
        assert (await ida.whoami()).json()["admin"]["email"] == email
        again = await brand.post(f"/admins/{made['id']}/invite")
        assert refusal(again) == (409, "already_activated")
        [listed] = (await brand.get("/admins")).json()["admins"]
        assert listed["lastSignInAt"] is not None


async def test_an_address_is_taken_once_also_by_many_at_once(brand: Brand) -> None:
    body = {"email": "one@example.com", "name": "One"}
    answers = await asyncio.gather(*(brand.post("/admins", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {
        "email_taken"
    }
    assert len(await brand.rows("admins")) == 1


async def test_admins_come_in_pages(brand: Brand) -> None:
    made = [await invited(brand, f"a{n}@example.com") for n in range(5)]
    seen = [page async for page in pages(brand, "/admins", "admins", limit=2)]
    assert [len(page) for page in seen] == [2, 2, 1]
    assert [one["id"] for page in seen for one in page] == [one["id"] for one in reversed(made)]


async def test_a_revoked_admin_is_out_at_once_and_gets_no_mail(brand: Brand) -> None:
    ada, bob = await signed_in_admin(brand), await signed_in_admin(brand)
    assert (await bob.get("/admins")).status_code == 200
    answer = await ada.post(f"/admins/{bob.id}/revoke", {"reason": "left"})
    assert answer.status_code == 200
    assert answer.json()["keys"] == []
    assert refusal(await bob.get("/admins")) == (401, "unauthorized")
    [row] = [row for row in await brand.rows("admins") if str(row["id"]) == bob.id]
    assert row["revoke_reason"] == "left"
    assert refusal(await revoke(brand, bob.id)) == (409, "already_revoked")
    assert refusal(await brand.post(f"/admins/{bob.id}/invite")) == (409, "admin_revoked")
    assert refusal(await revoke(brand, str(new_id()))) == (404, "not_found")
    assert (await brand.made(f"/admins/{bob.id}/reinstate")) == {"ok": True}
    assert refusal(await brand.post(f"/admins/{bob.id}/reinstate")) == (409, "not_revoked")
    # Let back in is not signed in again.
    assert refusal(await bob.get("/admins")) == (401, "unauthorized")


async def test_nobody_revokes_themselves_and_nobody_the_last(brand: Brand) -> None:
    ada = await signed_in_admin(brand)
    waiting = await invited(brand)
    own = await ada.post(f"/admins/{ada.id}/revoke")
    assert refusal(own) == (409, "cannot_revoke_self")
    # By key too: somebody invited can't yet sign in, so Ada is the last.
    assert refusal(await revoke(brand, ada.id)) == (409, "cannot_revoke_last_active_admin")
    assert (await revoke(brand, waiting["id"])).status_code == 200
    assert refusal(await revoke(brand, ada.id)) == (409, "cannot_revoke_last_active_admin")


async def test_fault_10_two_admins_who_revoke_each_other_never_leave_nobody(brand: Brand) -> None:
    """200 rounds at a barrier: one of them stays each time, and neither waits for the other."""
    pair = (await signed_in_admin(brand), await signed_in_admin(brand))
    superuser = await brand.scratch.connect()
    for _ in range(200):
        # Both as on their first visit: to be noted as seen is what locks a session.
        for afresh in (
            "update admins set revoked_at = null where tenant_id = $1",
            "update sessions set revoked_at = null, last_seen_at = null where tenant_id = $1",
        ):
            await superuser.execute(afresh, brand.tenant_id)
        answers = await meeting(*pair)
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses in ([200, 401], [200, 409]), [answer.text for answer in answers]
        count = "select count(*) from admins where tenant_id = $1 and revoked_at is null"
        assert await superuser.fetchval(count, brand.tenant_id) == 1
    await superuser.close()


async def meeting(ada: SignedIn, bob: SignedIn) -> tuple[httpx2.Response, httpx2.Response]:
    return await asyncio.gather(
        ada.post(f"/admins/{bob.id}/revoke"), bob.post(f"/admins/{ada.id}/revoke")
    )


async def test_r10_many_who_revoke_each_other_end_with_one_and_no_deadlock(brand: Brand) -> None:
    admins = [await signed_in_admin(brand) for _ in range(5)]
    answers = await asyncio.gather(
        *(
            one.post(f"/admins/{other.id}/revoke")
            for one in admins
            for other in admins
            if one is not other
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 401, 409}
    left = [row for row in await brand.rows("admins") if not row["revoked_at"]]
    assert len(left) == 1


async def test_s17_the_keys_that_an_admin_made_go_with_them(brand: Brand) -> None:
    ada, bob = await signed_in_admin(brand), await signed_in_admin(brand)
    made = (await bob.post("/api-keys", {"label": "Bob's"})).json()
    through = await brand.made("/api-keys", headers=bearer(made["plaintext"]))
    scoped = (await bob.post("/api-keys/scoped", {"scopes": ["links:read"]})).json()
    others = (await ada.post("/api-keys")).json()
    answer = (await ada.post(f"/admins/{bob.id}/revoke")).json()
    assert [key["id"] for key in answer["keys"]] == [made["id"], through["id"], scoped["id"]]
    assert answer["keys"][0]["label"] == "Bob's"
    assert all(key["revokedAt"] for key in answer["keys"])
    for key, status in ((made, 401), (through, 401), (scoped, 401), (others, 200)):
        shown = await brand.get("/auth/introspect", headers=bearer(key["plaintext"]))
        assert shown.status_code == status


async def test_s17_keys_can_be_kept_knowingly(brand: Brand) -> None:
    ada, bob = await signed_in_admin(brand), await signed_in_admin(brand)
    made = (await bob.post("/api-keys")).json()
    answer = (await ada.post(f"/admins/{bob.id}/revoke", {"revokeKeys": False})).json()
    assert [(key["id"], key["revokedAt"]) for key in answer["keys"]] == [(made["id"], None)]
    kept = bearer(made["plaintext"])
    assert (await brand.post("/api-keys", headers=kept)).status_code == 201


async def test_s17_a_key_made_while_its_maker_is_shut_out_never_survives(brand: Brand) -> None:
    for _ in range(15):
        ada, bob = await signed_in_admin(brand), await signed_in_admin(brand)
        made, revoked = await asyncio.gather(
            bob.post("/api-keys"), ada.post(f"/admins/{bob.id}/revoke")
        )
        assert revoked.status_code == 200
        if made.status_code == 201:
            headers = bearer(made.json()["plaintext"])
            answer = await brand.get("/auth/introspect", headers=headers)
            assert answer.status_code == 401


async def test_another_brands_admins_are_nobody_here(brand: Brand, other_brand: Brand) -> None:
    ada = await signed_in_admin(other_brand)
    for verb in ("invite", "revoke", "reinstate"):
        assert refusal(await brand.post(f"/admins/{ada.id}/{verb}")) == (404, "not_found")
    assert (await brand.get("/admins")).json()["admins"] == []
