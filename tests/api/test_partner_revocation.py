"""Shutting partners out and letting them back in."""

import asyncio
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.support.brand import Brand
from tests.support.refusals import refusal


async def test_x10_a_revoked_partner_is_shut_out_with_every_key(brand: Brand) -> None:
    partner = await brand.partner()
    theirs = await brand.partner_headers(partner)
    assert (await brand.get(f"/partners/{partner['id']}", headers=theirs)).status_code == 200
    answer = await brand.post(f"/partners/{partner['id']}/revoke", {"reason": "Spam"})
    revoked = answer.json()
    shown = (await brand.get(f"/partners/{partner['id']}")).json()
    assert revoked == {
        "ok": True, "revokedAt": shown["revokedAt"], "notified": True, "notifyError": None,
    }  # fmt: skip
    assert (shown["revokeReason"], shown["updatedAt"] > partner["updatedAt"]) == ("Spam", True)
    refused = await brand.get(f"/partners/{partner['id']}", headers=theirs)
    assert refusal(refused) == (401, "unauthorized")
    [span] = await brand.fetch(
        "select * from revocations where partner_id = $1", UUID(partner["id"])
    )
    assert (span["reason"], span["reinstated_at"]) == ("Spam", None)


async def test_x10_keys_and_sessions_stay_dead_after_a_reinstatement(brand: Brand) -> None:
    partner = await brand.partner()
    theirs = await brand.partner_headers(partner)
    await brand.execute(
        "insert into sessions"
        " (tenant_id, id, digest, principal_kind, principal_id, expires_at)"
        " values ($1, $2, 'digest', 'partner', $3, now() + interval '1 day')",
        brand.tenant_id, new_id(), UUID(partner["id"]),
    )  # fmt: skip
    await brand.post(f"/partners/{partner['id']}/revoke", {})
    assert (await brand.post(f"/partners/{partner['id']}/reinstate")).json() == {"ok": True}
    refused = await brand.get(f"/partners/{partner['id']}", headers=theirs)
    assert refusal(refused) == (401, "unauthorized")
    [session] = await brand.fetch(
        "select revoked_at from sessions where principal_id = $1", UUID(partner["id"])
    )
    assert session["revoked_at"] is not None
    shown = (await brand.get(f"/partners/{partner['id']}")).json()
    assert (shown["revokedAt"], shown["revokeReason"]) == (None, None)


async def test_revoking_twice_and_reinstating_twice_are_conflicts(brand: Brand) -> None:
    path = f"/partners/{(await brand.partner())['id']}"
    assert refusal(await brand.post(f"{path}/reinstate")) == (409, "not_revoked")
    assert (await brand.post(f"{path}/revoke")).status_code == 200
    assert refusal(await brand.post(f"{path}/revoke")) == (409, "already_revoked")
    assert (await brand.post(f"{path}/reinstate")).status_code == 200
    assert refusal(await brand.post(f"{path}/reinstate")) == (409, "not_revoked")


@pytest.mark.parametrize(
    ("step", "code", "open_spans"),
    [("revoke", "already_revoked", 1), ("reinstate", "not_revoked", 0)],
)
async def test_x10_of_two_at_once_one_is_a_conflict(
    brand: Brand, step: str, code: str, open_spans: int
) -> None:
    partner = await brand.partner()
    path = f"/partners/{partner['id']}"
    if step == "reinstate":
        await brand.post(f"{path}/revoke")
    answers = await asyncio.gather(*(brand.post(f"{path}/{step}") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {code}
    spans = await brand.fetch(
        "select reinstated_at from revocations where partner_id = $1", UUID(partner["id"])
    )
    assert [span["reinstated_at"] is None for span in spans] == [bool(open_spans)]


async def test_a_reason_is_at_most_500_characters(brand: Brand) -> None:
    path = f"/partners/{(await brand.partner())['id']}/revoke"
    assert refusal(await brand.post(path, {"reason": "x" * 501})) == (400, "invalid_body")
    assert (await brand.post(path, {"reason": "x" * 500})).status_code == 200


async def test_x14_a_write_scope_invites_and_revokes_but_never_reinstates(brand: Brand) -> None:
    scoped = await brand.scoped_headers("partners:write")
    body = {"email": "pat@example.com", "name": "Pat"}
    made = await brand.post("/partners", body, headers=scoped)
    assert made.status_code == 201
    path = f"/partners/{made.json()['id']}"
    assert (await brand.post(f"{path}/invite", headers=scoped)).status_code == 200
    assert (await brand.post(f"{path}/revoke", headers=scoped)).status_code == 200
    refused = await brand.post(f"{path}/reinstate", headers=scoped)
    assert refusal(refused) == (403, "forbidden_scope")
    assert refused.json()["required"] == ["partners:reinstate"]
    assert refusal(await brand.get("/partners", headers=scoped)) == (403, "forbidden_scope")
