"""Links: made for a campaign that runs, by those who may promote it, and never elsewhere."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.conftest import Install
from tests.support.brand import Brand, Json, bearer
from tests.support.campaigns import FUTURE, PAST, ask_for_link
from tests.support.paging import pages
from tests.support.refusals import refusal


async def grants(brand: Brand, partner: Json) -> int:
    [row] = await brand.fetch(
        "select count(*) from grants where partner_id = $1 and ended_at is null",
        UUID(partner["id"]),
    )
    count: int = row["count"]
    return count


async def test_a_link_tells_what_to_share(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner()
    link = (await ask_for_link(brand, partner, campaign, "Spring_2026-x")).json()
    assert link == {
        "id": link["id"],
        "tenantId": str(brand.tenant_id),
        "linkKey": "Spring_2026-x",
        "partnerId": partner["id"],
        "campaignId": campaign["id"],
        "destinationUrl": None,
        "createdAt": link["createdAt"],
        "url": f"http://localhost:4701/r/{brand.slug}/Spring_2026-x",
    }
    listed = (await brand.get(f"/partners/{partner['id']}/links")).json()
    assert listed == {"links": [link], "nextCursor": None}


async def test_a_single_brands_links_carry_no_slug(empty_install: Install) -> None:
    key = "an-admin-key-of-the-environment"
    http, _, _ = await empty_install(admin_api_key=key, router_url="https://go.example/")

    async def made(path: str, **body: Any) -> Json:
        answer = await http.post(f"/api{path}", json=body, headers=bearer(key))
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    campaign = await made(
        "/campaigns", name="Spring", destinationUrl="https://shop.example/",
        commissionRule={"type": "percent", "value": 20},
    )  # fmt: skip
    partner = await made("/partners", email="pat@example.com", name="Pat", sendInvite=False)
    path = f"/partners/{partner['id']}/links"
    link = await made(path, linkKey="spring", campaignId=campaign["id"])
    assert link["url"] == "https://go.example/r/spring"


@pytest.mark.parametrize("key", ["ab", "x" * 65, "with space", "ümlaut", "a/b", "a.b", "", "a\nbc"])
async def test_a_key_has_3_to_64_plain_characters(brand: Brand, key: str) -> None:
    refused = await ask_for_link(brand, await brand.partner(), await brand.campaign(), key)
    assert refusal(refused) == (400, "invalid_body")
    assert "linkKey" in refused.json()["detail"]["fieldErrors"]


async def test_what_does_not_exist_is_said_by_its_own_code(
    brand: Brand, other_brand: Brand
) -> None:
    partner, campaign = await brand.partner(), await brand.campaign()
    foreign, theirs = await other_brand.campaign(), await other_brand.partner()
    for unknown in (theirs["id"], str(new_id())):
        assert refusal(await ask_for_link(brand, {"id": unknown}, campaign)) == (
            404,
            "partner_not_found",
        )
        listed = await brand.get(f"/partners/{unknown}/links")
        assert refusal(listed) == (404, "partner_not_found")
    for unknown in (foreign["id"], str(new_id()), "nonsense"):
        assert refusal(await ask_for_link(brand, partner, {"id": unknown})) == (
            404,
            "campaign_not_found",
        )


@pytest.mark.parametrize(
    ("dates", "state"), [({"startsAt": FUTURE}, "scheduled"), ({"endsAt": PAST}, "ended")]
)
async def test_a_campaign_that_does_not_run_gets_no_links_even_from_admins(
    brand: Brand, dates: Json, state: str
) -> None:
    campaign, partner = await brand.campaign(**dates), await brand.partner()
    for headers in (brand.headers, await brand.partner_headers(partner)):
        refused = await ask_for_link(brand, partner, campaign, headers=headers)
        assert refusal(refused) == (409, "campaign_not_active")
        assert refused.json()["state"] == state


async def test_a_partner_needs_a_grant(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner(campaignIds=[])
    headers = await brand.partner_headers(partner)
    refused = await ask_for_link(brand, partner, campaign, headers=headers)
    assert refusal(refused) == (403, "campaign_not_granted")
    await brand.made(f"/partners/{partner['id']}/campaigns", {"campaignIds": [campaign["id"]]})
    assert (await ask_for_link(brand, partner, campaign, headers=headers)).status_code == 201


async def test_an_ended_grant_makes_no_new_links_and_keeps_the_old(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner()
    headers = await brand.partner_headers(partner)
    assert (await ask_for_link(brand, partner, campaign, "old", headers=headers)).status_code == 201
    await brand.request("DELETE", f"/partners/{partner['id']}/campaigns/{campaign['id']}")
    refused = await ask_for_link(brand, partner, campaign, "new", headers=headers)
    assert refusal(refused) == (403, "campaign_not_granted")
    listed = (await brand.get(f"/partners/{partner['id']}/links", headers=headers)).json()
    assert [link["linkKey"] for link in listed["links"]] == ["old"]


async def test_where_an_admin_or_an_integration_makes_the_link_the_grant_comes_with_it(
    brand: Brand,
) -> None:
    campaign = await brand.campaign()
    for key, headers in (
        ("by-admin", brand.headers),
        ("by-integration", await brand.scoped_headers("links:write")),
    ):
        partner = await brand.partner(campaignIds=[])
        answer = await ask_for_link(brand, partner, campaign, key, headers=headers)
        assert answer.status_code == 201, answer.text
        [row] = await brand.fetch(
            "select terms_id, source from grants where partner_id = $1", UUID(partner["id"])
        )
        assert (str(row["terms_id"]), row["source"]) == (campaign["termsId"], "admin")


async def test_r7_a_refused_link_leaves_no_grant_behind(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner(campaignIds=[])
    elsewhere = await ask_for_link(brand, partner, campaign, destinationUrl="https://evil.example/")
    assert refusal(elsewhere) == (400, "destination_override_not_allowed")
    await brand.link(await brand.partner(), campaign, linkKey="taken")
    assert refusal(await ask_for_link(brand, partner, campaign, "taken")) == (409, "linkKey_taken")
    assert await grants(brand, partner) == 0


async def test_a_key_is_taken_once_for_each_brand(brand: Brand, other_brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner()
    assert (await ask_for_link(brand, partner, campaign, "spring")).status_code == 201
    assert refusal(await ask_for_link(brand, partner, campaign, "spring")) == (409, "linkKey_taken")
    assert (await ask_for_link(brand, partner, campaign, "Spring")).status_code == 201
    theirs, elsewhere = await other_brand.partner(), await other_brand.campaign()
    assert (await ask_for_link(other_brand, theirs, elsewhere, "spring")).status_code == 201


async def test_r8_of_many_at_once_one_gets_the_key(brand: Brand) -> None:
    campaign = await brand.campaign()
    partners = [await brand.partner() for _ in range(2)]
    answers = await asyncio.gather(
        *(ask_for_link(brand, partners[number % 2], campaign, "spring") for number in range(12))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {
        "linkKey_taken"
    }


async def test_a_revoked_partner_gets_no_new_links_and_keeps_the_old(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner()
    await ask_for_link(brand, partner, campaign, "old")
    await brand.post(f"/partners/{partner['id']}/revoke")
    assert refusal(await ask_for_link(brand, partner, campaign, "new")) == (409, "partner_revoked")
    listed = (await brand.get(f"/partners/{partner['id']}/links")).json()
    assert [link["linkKey"] for link in listed["links"]] == ["old"]


async def test_partners_and_scopes_do_what_is_theirs(brand: Brand) -> None:
    campaign, pat, ida = await brand.campaign(), await brand.partner(), await brand.partner()
    pats = await brand.partner_headers(pat)
    assert (await ask_for_link(brand, pat, campaign, "pats", headers=pats)).status_code == 201
    assert refusal(await ask_for_link(brand, ida, campaign, "idas", headers=pats)) == (
        403,
        "forbidden",
    )
    listed = await brand.get(f"/partners/{ida['id']}/links", headers=pats)
    assert refusal(listed) == (403, "forbidden")
    reader = await brand.scoped_headers("links:read", "partners:write")
    assert (await brand.get(f"/partners/{pat['id']}/links", headers=reader)).status_code == 200
    refused = await ask_for_link(brand, pat, campaign, "more", headers=reader)
    assert refusal(refused) == (403, "forbidden_scope")
    assert refused.json()["required"] == ["links:write"]


async def test_links_come_newest_first_in_pages_that_are_stable_under_inserts(
    brand: Brand,
) -> None:
    campaign, partner = await brand.campaign(), await brand.partner()
    made = [(await brand.link(partner, campaign))["id"] for _ in range(5)]
    seen: list[str] = []
    async for page in pages(brand, f"/partners/{partner['id']}/links", "links", limit=2):
        seen += [link["id"] for link in page]
        await brand.link(partner, campaign)
    assert seen == made[::-1]
