"""Partners: let in, found, shut out and let back in."""

import asyncio
from typing import Any

from shared.ids import new_id
from tests.support.brand import Brand
from tests.support.paging import pages
from tests.support.refusals import refusal
from tests.support.statements import statements

COLUMNS = {
    "id", "tenantId", "email", "name", "stripeConnectAccountId", "metadata", "createdAt",
    "updatedAt", "approvedAt", "activatedAt", "revokedAt", "revokeReason",
}  # fmt: skip


async def invite(brand: Brand, email: str, **changes: Any) -> Any:
    return await brand.post("/partners", {"email": email, "name": "Pat", **changes})


async def stored(brand: Brand, table: str) -> int:
    [row] = await brand.fetch(
        f"select count(*) from {table} where tenant_id = $1",  # noqa: S608  # a name of our own
        brand.tenant_id,
    )
    count: int = row["count"]
    return count


async def test_a_partner_is_let_in_at_once_or_invited(brand: Brand) -> None:
    at_once = await brand.partner(email="Pat.O'Neil@Example.COM ", metadata={"tier": ["gold", 1]})
    assert set(at_once) == {*COLUMNS, "invited"}
    assert at_once["email"] == "pat.o'neil@example.com"
    assert at_once["metadata"] == {"tier": ["gold", 1]}
    assert at_once["invited"] is False
    assert at_once["activatedAt"] is not None
    invited = (await invite(brand, "ida@example.com")).json()
    assert invited["invited"] is True
    assert invited["activatedAt"] is None
    shown = (await brand.get(f"/partners/{invited['id']}")).json()
    assert shown == {key: invited[key] for key in COLUMNS}


async def test_x11_an_address_is_taken_once(brand: Brand, other_brand: Brand) -> None:
    assert (await invite(brand, "pat@example.com")).status_code == 201
    assert refusal(await invite(brand, "PAT@example.com")) == (409, "email_taken")
    assert (await invite(other_brand, "pat@example.com")).status_code == 201


async def test_x11_an_address_is_taken_once_also_in_a_race(brand: Brand) -> None:
    await brand.campaign()
    answers = await asyncio.gather(*(invite(brand, "pat@example.com") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {
        "email_taken"
    }
    assert (await stored(brand, "partners"), await stored(brand, "grants")) == (1, 1)


async def test_every_campaign_is_granted_unless_some_are_named(brand: Brand) -> None:
    first, second = await brand.campaign(), await brand.campaign()

    async def granted(partner: dict[str, Any]) -> list[str]:
        listed = (await brand.get(f"/partners/{partner['id']}/campaigns")).json()["campaigns"]
        return [campaign["id"] for campaign in listed if campaign["granted"]]

    assert await granted(await brand.partner()) == [second["id"], first["id"]]
    assert await granted(await brand.partner(campaignIds=[])) == []
    assert await granted(await brand.partner(campaignIds=[first["id"], first["id"]])) == [
        first["id"]
    ]


async def test_unknown_campaigns_are_named_and_nothing_is_stored(
    brand: Brand, other_brand: Brand
) -> None:
    known, foreign = await brand.campaign(), await other_brand.campaign()
    strange = [str(new_id()), "cmp_not-even-an-id", foreign["id"]]
    refused = await invite(brand, "pat@example.com", campaignIds=[known["id"], *strange])
    assert refusal(refused) == (400, "unknown_campaign_ids")
    assert refused.json()["missing"] == strange
    assert (await stored(brand, "partners"), await stored(brand, "grants")) == (0, 0)


async def test_r7_a_refused_invitation_leaves_nothing_behind(brand: Brand) -> None:
    await brand.campaign()
    for refused in (
        await invite(brand, "a@example.com", campaignIds=["nothing"]),
        await invite(
            brand, "b@example.com",
            commissionSnapshot={"commissionType": "fixed", "commissionValue": 5},
        ),
    ):  # fmt: skip
        assert refused.status_code == 400
    # The address was never taken, no invitation waits, and no terms were agreed.
    assert await stored(brand, "jobs") == 0
    assert await stored(brand, "terms") == 1
    assert (await invite(brand, "a@example.com")).status_code == 201


async def test_r8_a_clash_does_not_poison_what_follows(brand: Brand) -> None:
    """The database is asked with `on conflict`, so its transaction lives on after a duplicate."""
    await brand.partner(email="pat@example.com")
    key = {"Idempotency-Key": "retry-1", **brand.headers}
    clash = await brand.post("/partners", {"email": "pat@example.com", "name": "Pat"}, headers=key)
    assert refusal(clash) == (409, "email_taken")
    # Refusals are not remembered: the same key works once the address is another.
    made = await brand.post("/partners", {"email": "ida@example.com", "name": "Ida"}, headers=key)
    assert made.status_code == 201


async def test_one_idempotency_key_makes_one_partner(brand: Brand) -> None:
    key = {"Idempotency-Key": "once", **brand.headers}
    body = {"email": "pat@example.com", "name": "Pat"}
    first = await brand.post("/partners", body, headers=key)
    again = await brand.post("/partners", body, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await brand.post("/partners", {**body, "name": "Ida"}, headers=key)
    assert refusal(other) == (422, "idempotency_key_reused")
    assert await stored(brand, "jobs") == 1


async def test_p4_a_hundred_grants_take_as_many_statements_as_two(brand: Brand) -> None:
    snapshot = {"commissionType": "percent", "commissionValue": 30}

    async def sent_for(email: str) -> int:
        with statements() as sent:
            assert (await invite(brand, email, commissionSnapshot=snapshot)).status_code == 201
        return len(sent)

    for _ in range(2):
        await brand.campaign()
    few = await sent_for("few@example.com")
    for _ in range(98):
        await brand.campaign()
    assert await sent_for("many@example.com") == few
    assert await stored(brand, "grants") == 102


async def test_x2_the_list_is_newest_first_and_pages_are_stable_under_inserts(
    brand: Brand,
) -> None:
    made = [(await brand.partner())["id"] for _ in range(7)]
    seen: list[str] = []
    async for page in pages(brand, "/partners", "partners", limit=3):
        seen += [partner["id"] for partner in page]
        await brand.partner()
    assert seen == made[::-1]


async def test_x2_the_limit_is_between_1_and_200(brand: Brand) -> None:
    for limit in ("0", "201", "ten"):
        refused = await brand.get("/partners", params={"limit": limit})
        assert refusal(refused) == (400, "invalid_query")
        assert "limit" in refused.json()["detail"]["fieldErrors"]
    assert (await brand.get("/partners", params={"limit": 200})).status_code == 200


async def test_a_cursor_that_is_not_ours_is_refused(brand: Brand) -> None:
    for cursor in ("x", "!!!!", "A" * 22 + "B", "é"):
        refused = await brand.get("/partners", params={"cursor": cursor})
        assert refusal(refused) == (400, "invalid_cursor")


async def test_x2_an_address_is_found_exactly_and_in_any_case(
    brand: Brand, other_brand: Brand
) -> None:
    pat = await brand.partner(email="pat@example.com")
    await brand.partner(email="pat@example.com.au")
    await other_brand.partner(email="pat@example.com")
    found = (await brand.get("/partners", params={"email": "PAT@Example.com"})).json()
    assert [partner["id"] for partner in found["partners"]] == [pat["id"]]
    assert found["nextCursor"] is None
    for absent in ("pat@example", "%", "pat@example.co_", ""):
        found = (await brand.get("/partners", params={"email": absent})).json()
        assert found["partners"] == []


async def test_x2_a_read_scope_lists_and_does_no_more(brand: Brand) -> None:
    partner = await brand.partner()
    scoped = await brand.scoped_headers("partners:read")
    listed = (await brand.get("/partners", headers=scoped)).json()["partners"]
    assert [found["id"] for found in listed] == [partner["id"]]
    body = {"email": "ida@example.com", "name": "Ida"}
    assert refusal(await brand.post("/partners", body, headers=scoped)) == (403, "forbidden_scope")


async def test_a_partner_sees_only_themselves(brand: Brand) -> None:
    pat, ida = await brand.partner(), await brand.partner()
    pats = await brand.partner_headers(pat)
    assert (await brand.get(f"/partners/{pat['id']}", headers=pats)).json()["id"] == pat["id"]
    for method, path in (
        ("GET", f"/partners/{ida['id']}"),
        ("GET", f"/partners/{new_id()}"),
        ("GET", "/partners"),
        ("POST", f"/partners/{pat['id']}/revoke"),
        ("POST", f"/partners/{pat['id']}/reinstate"),
        ("POST", f"/partners/{pat['id']}/invite"),
    ):
        refused = await brand.request(method, path, headers=pats)
        assert refusal(refused) == (403, "forbidden"), path


async def test_another_brands_partner_does_not_exist(brand: Brand, other_brand: Brand) -> None:
    foreign = await other_brand.partner()
    for method, step in (
        ("GET", ""),
        ("POST", "/revoke"),
        ("POST", "/reinstate"),
        ("POST", "/invite"),
    ):
        for unknown in (foreign["id"], str(new_id()), "not-an-id"):
            refused = await brand.request(method, f"/partners/{unknown}{step}")
            assert refusal(refused) == (404, "not_found")
    shown = (await other_brand.get(f"/partners/{foreign['id']}")).json()
    assert shown["revokedAt"] is None
