"""Editing a campaign: what is named changes, and nobody who agreed before is paid differently."""

from uuid import UUID

import pytest

from shared.ids import new_id
from tests.support.brand import Brand
from tests.support.campaigns import FUTURE, PAST, ask_for_campaign, edit
from tests.support.refusals import refusal


async def test_m13_a_campaign_starts_before_it_ends(brand: Brand) -> None:
    moment = "2030-05-01T00:00:00Z"
    for starts, ends in (
        (FUTURE, PAST),
        (moment, moment),
        (moment, "2030-05-01T02:00:00+02:00"),
    ):
        refused = await ask_for_campaign(brand, startsAt=starts, endsAt=ends)
        assert refusal(refused) == (400, "invalid_body")
        assert list(refused.json()["detail"]["fieldErrors"]) == ["endsAt"]
    dated = (await ask_for_campaign(brand, startsAt=PAST, endsAt=moment)).json()
    # Also when only one of the two is named, against the other that is stored.
    assert refusal(await edit(brand, dated, startsAt=FUTURE)) == (400, "invalid_body")
    assert refusal(await edit(brand, dated, endsAt="2000-01-01T00:00:00Z")) == (400, "invalid_body")
    assert (await edit(brand, dated, startsAt=FUTURE, endsAt=None)).status_code == 200
    [stored] = (await brand.get("/campaigns")).json()["campaigns"]
    assert (stored["startsAt"], stored["endsAt"]) == ("2199-01-01T00:00:00.000Z", None)


async def test_an_edit_changes_what_it_names_and_nothing_else(brand: Brand) -> None:
    campaign = await brand.campaign(
        deepLinkAllowedDomains="shop.example", holdbackDays=14, startsAt=PAST
    )
    for changes in (
        {"name": "Autumn"},
        {"attributionWindowDays": 7},
        {"attributionModel": "linear"},
        {"destinationUrl": "https://shop.example/autumn"},
        {"deepLinkAllowedDomains": "a.example"},
        {"deepLinkAllowedDomains": None},
        {"startsAt": None},
        {"endsAt": "2030-05-01T00:00:00.000Z"},
        {},
    ):
        edited = (await edit(brand, campaign, **changes)).json()
        assert edited == {**campaign, **changes}
        campaign = edited
    assert (await brand.get("/campaigns")).json()["campaigns"] == [campaign]


async def test_a_new_rule_or_holdback_is_new_terms_and_the_old_stay(brand: Brand) -> None:
    campaign = await brand.campaign(holdbackDays=14)
    held = (await edit(brand, campaign, holdbackDays=30)).json()
    assert held["commissionRule"] == campaign["commissionRule"]
    assert held["holdbackDays"] == 30
    rule = {"type": "fixed", "value": 5, "eventTypes": ["signup"]}
    fixed = (await edit(brand, campaign, commissionRule=rule)).json()
    assert (fixed["commissionRule"]["type"], fixed["holdbackDays"]) == ("fixed", 30)
    free = (await edit(brand, campaign, holdbackDays=None)).json()
    assert (free["commissionRule"], free["holdbackDays"]) == (fixed["commissionRule"], None)
    rows = await brand.fetch(
        "select id, holdback_days from terms where campaign_id = $1 order by id",
        UUID(campaign["id"]),
    )
    assert [(str(row["id"]), row["holdback_days"]) for row in rows] == [
        (campaign["termsId"], 14), (held["termsId"], 30), (fixed["termsId"], 30),
        (free["termsId"], None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "field",
    ["name", "commissionRule", "attributionWindowDays", "attributionModel", "destinationUrl"],
)
async def test_what_a_campaign_needs_cannot_be_emptied(brand: Brand, field: str) -> None:
    campaign = await brand.campaign()
    refused = await edit(brand, campaign, **{field: None})
    assert refusal(refused) == (400, "invalid_body")
    assert field in refused.json()["detail"]["formErrors"][0]
    assert refusal(await edit(brand, campaign, grantToAllPartners=True)) == (400, "invalid_body")


async def test_another_brands_campaign_does_not_exist(brand: Brand, other_brand: Brand) -> None:
    foreign = await other_brand.campaign()
    for unknown in (foreign["id"], str(new_id()), "nonsense"):
        refused = await edit(brand, {"id": unknown}, name="Mine")
        assert refusal(refused) == (404, "not_found")
    assert (await brand.get("/campaigns")).json()["campaigns"] == []
    assert (await other_brand.get("/campaigns")).json()["campaigns"] == [foreign]
