"""Grants: which campaigns a partner may promote, at the terms of the day they agreed."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.campaigns import edit
from tests.support.paging import pages
from tests.support.refusals import refusal
from tests.support.statements import statements


async def terms_of(brand: Brand, partner: Json, campaign: Json) -> dict[str, Any]:
    """The terms that price this partner's clicks in this campaign."""
    [row] = await brand.fetch(
        "select t.* from grants g join terms t on t.tenant_id = g.tenant_id and t.id = g.terms_id"
        " where g.partner_id = $1 and g.campaign_id = $2",
        UUID(partner["id"]), UUID(campaign["id"]),
    )  # fmt: skip
    return dict(row)


async def test_a_partner_gains_and_loses_campaigns(brand: Brand) -> None:
    first = await brand.campaign(deepLinkAllowedDomains="shop.example")
    second = await brand.campaign()
    partner = await brand.partner(campaignIds=[])
    path = f"/partners/{partner['id']}/campaigns"
    answer = await brand.post(path, {"campaignIds": [first["id"], str(new_id()), "nonsense"]})
    assert (answer.status_code, answer.json()) == (201, {"added": [first["id"]]})
    again = await brand.post(path, {"campaignIds": [first["id"], second["id"]]})
    assert again.json() == {"added": [second["id"]]}
    listed = (await brand.get(path)).json()["campaigns"]
    assert [campaign["id"] for campaign in listed] == [second["id"], first["id"]]
    assert set(listed[1]) == {
        "id", "name", "destinationUrl", "deepLinkAllowedDomains", "granted", "grantSource",
        "grantedAt",
    }  # fmt: skip
    assert (listed[1]["granted"], listed[1]["grantSource"]) == (True, "admin")
    ended = await brand.request("DELETE", f"{path}/{first['id']}")
    assert (ended.status_code, ended.json()) == (200, {"ok": True})
    left = (await brand.get(path)).json()["campaigns"]
    assert [campaign["granted"] for campaign in left] == [True, False]
    assert (left[1]["grantSource"], left[1]["grantedAt"]) == (None, None)


async def test_what_does_not_exist_is_said_by_its_own_code(
    brand: Brand, other_brand: Brand
) -> None:
    partner, campaign = await brand.partner(), await brand.campaign()
    foreign, theirs = await other_brand.campaign(), await other_brand.partner()
    path = f"/partners/{partner['id']}/campaigns"
    none_valid = await brand.post(path, {"campaignIds": [foreign["id"], "nonsense"]})
    assert refusal(none_valid) == (404, "no_valid_campaigns")
    for unknown in (theirs["id"], str(new_id())):
        other = f"/partners/{unknown}/campaigns"
        assert refusal(await brand.get(other)) == (404, "partner_not_found")
        refused = await brand.post(other, {"campaignIds": [campaign["id"]]})
        assert refusal(refused) == (404, "partner_not_found")
        refused = await brand.request("DELETE", f"{other}/{campaign['id']}")
        assert refusal(refused) == (404, "grant_not_found")
    for never_granted in (campaign["id"], foreign["id"], str(new_id())):
        refused = await brand.request("DELETE", f"{path}/{never_granted}")
        assert refusal(refused) == (404, "grant_not_found")
    assert (await brand.post(path, {"campaignIds": []})).status_code == 400


async def test_only_admins_grant(brand: Brand) -> None:
    partner, campaign = await brand.partner(), await brand.campaign()
    path = f"/partners/{partner['id']}/campaigns"
    for headers, code in (
        (await brand.partner_headers(partner), "forbidden"),
        (await brand.scoped_headers("partners:write", "links:write"), "forbidden_scope"),
    ):
        assert refusal(await brand.get(path, headers=headers)) == (403, code)
        body = {"campaignIds": [campaign["id"]]}
        assert refusal(await brand.post(path, body, headers=headers)) == (403, code)
        refused = await brand.request("DELETE", f"{path}/{campaign['id']}", headers=headers)
        assert refusal(refused) == (403, code)


async def test_campaigns_beside_grants_come_in_pages(brand: Brand) -> None:
    made = [(await brand.campaign())["id"] for _ in range(5)]
    partner = await brand.partner(campaignIds=made[:1])
    path = f"/partners/{partner['id']}/campaigns"
    seen = [row async for page in pages(brand, path, "campaigns", limit=2) for row in page]
    assert [row["id"] for row in seen] == made[::-1]
    assert [row["granted"] for row in seen] == [False] * 4 + [True]


async def test_m14_a_partners_own_terms_hold_for_each_grant_apart(brand: Brand) -> None:
    spring, autumn = await brand.campaign(), await brand.campaign()
    plain = await brand.partner()
    special = await brand.partner(
        campaignIds=[spring["id"]],
        commissionSnapshot={"commissionType": "percent", "commissionValue": 30},
    )
    await brand.post(f"/partners/{special['id']}/campaigns", {"campaignIds": [autumn["id"]]})
    own = await terms_of(brand, special, spring)
    assert (own["percent"], own["source"]) == (30, "approval")
    assert str((await terms_of(brand, special, autumn))["id"]) == autumn["termsId"]
    assert str((await terms_of(brand, plain, spring))["id"]) == spring["termsId"]


async def test_x13_what_a_snapshot_leaves_out_stays_with_the_campaign(brand: Brand) -> None:
    campaign = await brand.campaign(holdbackDays=14)
    partner = await brand.partner(
        commissionSnapshot={"commissionType": "percent", "commissionValue": "12.5"}
    )
    terms = await terms_of(brand, partner, campaign)
    assert (float(terms["percent"]), terms["recurring"], terms["holdback_days"]) == (12.5, True, 14)
    whole = await brand.partner(
        commissionSnapshot={
            "commissionType": "percent", "commissionValue": 0, "recurring": False,
            "holdbackDays": 0,
        }
    )  # fmt: skip
    terms = await terms_of(brand, whole, campaign)
    assert (terms["percent"], terms["recurring"], terms["holdback_days"]) == (0, False, 0)


@pytest.mark.parametrize(
    "half", [{}, {"commissionType": "percent"}, {"commissionValue": 30}, {"recurring": False}]
)
async def test_x13_a_partial_snapshot_is_ignored(brand: Brand, half: Json) -> None:
    campaign = await brand.campaign()
    partner = await brand.partner(commissionSnapshot=half)
    assert str((await terms_of(brand, partner, campaign))["id"]) == campaign["termsId"]


async def test_a_fixed_snapshot_pays_for_the_campaigns_event_types(brand: Brand) -> None:
    rule = {"type": "fixed", "value": 50, "currency": "EUR", "eventTypes": ["signup"]}
    campaign = await brand.campaign(commissionRule=rule)
    partner = await brand.partner(
        commissionSnapshot={"commissionType": "fixed", "commissionValue": "75.50"}
    )
    terms = await terms_of(brand, partner, campaign)
    assert (terms["fixed_minor"], terms["fixed_currency"]) == (7550, "EUR")
    assert (terms["percent"], terms["event_types"]) == (None, ["signup"])


async def test_a_fixed_snapshot_without_event_types_is_refused(brand: Brand) -> None:
    """Otherwise it would be paid on a sign-up, a subscription and every invoice."""
    campaign = await brand.campaign()
    snapshot = {"commissionType": "fixed", "commissionValue": 75}
    body = {"email": "pat@example.com", "name": "Pat", "commissionSnapshot": snapshot}
    refused = await brand.post("/partners", body)
    assert refusal(refused) == (400, "event_types_missing")
    assert refused.json()["campaignId"] == campaign["id"]
    named = await brand.partner(commissionSnapshot={**snapshot, "eventTypes": ["signup"]})
    assert (await terms_of(brand, named, campaign))["event_types"] == ["signup"]


@pytest.mark.parametrize(
    "odd",
    [
        {"commissionType": "percent", "commissionValue": 101},
        {"commissionType": "percent", "commissionValue": "0.00001"},
        {"commissionType": "percent", "commissionValue": -1},
        {"commissionType": "fixed", "commissionValue": "0.001", "eventTypes": ["signup"]},
        {"commissionType": "fixed", "commissionValue": 1, "currency": "ZZZ", "eventTypes": ["s"]},
        {"commissionType": "gift", "commissionValue": 1},
        {"commissionType": "percent", "commissionValue": 1, "holdbackDays": 366},
    ],
)
async def test_a_snapshot_that_cannot_be_paid_is_refused(brand: Brand, odd: Json) -> None:
    await brand.campaign()
    body = {"email": "pat@example.com", "name": "Pat", "commissionSnapshot": odd}
    refused = await brand.post("/partners", body)
    assert refusal(refused) == (400, "invalid_body")
    assert "commissionSnapshot" in refused.json()["detail"]["fieldErrors"]
    assert (await brand.get("/partners")).json()["partners"] == []


async def test_editing_a_campaign_never_re_prices_a_grant(brand: Brand) -> None:
    campaign = await brand.campaign()
    early = await brand.partner()
    rule = {"type": "percent", "value": 5, "recurring": False}
    edited = (await edit(brand, campaign, commissionRule=rule, holdbackDays=90)).json()
    late = await brand.partner()
    assert (await terms_of(brand, early, campaign))["percent"] == 20
    assert (await terms_of(brand, late, campaign))["percent"] == 5
    assert str((await terms_of(brand, late, campaign))["id"]) == edited["termsId"]
    # Granting once more is no new agreement while the first one holds.
    path = f"/partners/{early['id']}/campaigns"
    assert (await brand.made(path, {"campaignIds": [campaign["id"]]})) == {"added": []}
    assert (await terms_of(brand, early, campaign))["percent"] == 20


async def test_a_grant_that_begins_anew_has_the_terms_of_that_day(brand: Brand) -> None:
    campaign = await brand.campaign()
    partner = await brand.partner()
    path = f"/partners/{partner['id']}/campaigns"
    [before] = (await brand.get(path)).json()["campaigns"]
    await brand.request("DELETE", f"{path}/{campaign['id']}")
    await edit(brand, campaign, commissionRule={"type": "percent", "value": 5})
    assert (await brand.made(path, {"campaignIds": [campaign["id"]]})) == {
        "added": [campaign["id"]]
    }
    assert (await terms_of(brand, partner, campaign))["percent"] == 5
    [after] = (await brand.get(path)).json()["campaigns"]
    assert after["grantedAt"] > before["grantedAt"]


async def test_p4_a_hundred_campaigns_take_as_many_statements_as_one(brand: Brand) -> None:
    partner = await brand.partner()
    made = [(await brand.campaign())["id"] for _ in range(101)]

    async def sent_for(campaign_ids: list[str]) -> int:
        with statements() as sent:
            answer = await brand.made(
                f"/partners/{partner['id']}/campaigns", {"campaignIds": campaign_ids}
            )
        assert len(answer["added"]) == len(campaign_ids)
        return len(sent)

    assert await sent_for(made[:1]) == await sent_for(made[1:])


async def test_a_campaign_for_everyone_reaches_all_but_those_shut_out(brand: Brand) -> None:
    pat, ida = await brand.partner(), await brand.partner()
    await brand.post(f"/partners/{ida['id']}/revoke", {"notify": False})
    campaign = await brand.campaign(grantToAllPartners=True)
    rows = await brand.fetch(
        "select partner_id from grants where campaign_id = $1", UUID(campaign["id"])
    )
    assert [str(row["partner_id"]) for row in rows] == [pat["id"]]


async def test_a_campaign_for_everyone_reaches_more_partners_than_a_statement_has_parameters(
    brand: Brand,
) -> None:
    await brand.execute(
        "insert into partners (tenant_id, id, email, name)"
        " select $1, gen_random_uuid(), n || '@example.com', 'Pat' from generate_series(1, 7000) n",
        brand.tenant_id,
    )
    campaign = await brand.campaign(grantToAllPartners=True)
    [row] = await brand.fetch(
        "select count(*) from grants where campaign_id = $1", UUID(campaign["id"])
    )
    assert row["count"] == 7000
