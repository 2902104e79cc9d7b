"""Campaigns."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.paging import pages
from tests.support.refusals import refusal

PERCENT = {"type": "percent", "value": 20}
TOMORROW, YESTERDAY = "2199-01-01T00:00:00Z", "2001-01-01T00:00:00Z"


async def create(brand: Brand, **changes: Any) -> httpx2.Response:
    body = {"name": "Spring", "commissionRule": PERCENT, "destinationUrl": "https://shop.example/"}
    return await brand.post("/campaigns", {**body, **changes})


async def edit(brand: Brand, campaign: Json, **changes: Any) -> httpx2.Response:
    return await brand.request("PATCH", f"/campaigns/{campaign['id']}", json=changes)


async def test_a_campaign_is_made_and_listed(brand: Brand) -> None:
    campaign = await brand.campaign(name="Spring", deepLinkAllowedDomains="Shop.example, x.test")
    assert campaign["commissionRule"] == {
        "type": "percent", "value": 20.0, "currency": None, "recurring": True, "eventTypes": [],
    }  # fmt: skip
    assert campaign["deepLinkAllowedDomains"] == "shop.example, x.test"
    listed = (await brand.get("/campaigns")).json()
    assert listed == {"campaigns": [campaign], "nextCursor": None}


async def test_a_campaign_that_says_little_has_the_usual_rest(brand: Brand) -> None:
    campaign = (await create(brand)).json()
    assert campaign == {
        "id": campaign["id"],
        "tenantId": str(brand.tenant_id),
        "name": "Spring",
        "commissionRule": {
            "type": "percent", "value": 20.0, "currency": None, "recurring": False,
            "eventTypes": [],
        },
        "termsId": campaign["termsId"],
        "attributionWindowDays": 60,
        "attributionModel": "last_click",
        "destinationUrl": "https://shop.example/",
        "deepLinkAllowedDomains": None,
        "holdbackDays": None,
        "startsAt": None,
        "endsAt": None,
        "endNotificationSentAt": None,
        "createdAt": campaign["createdAt"],
    }  # fmt: skip


async def test_a_key_is_needed(brand: Brand) -> None:
    refused = await brand.get("/campaigns", headers={})
    assert refusal(refused) == (400, "tenant_slug_missing")


async def test_a_name_may_be_missing_from_no_campaign(brand: Brand) -> None:
    for name in ("", "   ", "x" * 121, None, 5):
        refused = await create(brand, name=name)
        assert refusal(refused) == (400, "invalid_body")
        assert "name" in refused.json()["detail"]["fieldErrors"]


@pytest.mark.parametrize("model", ["last_click", "first_click", "linear", "position"])
async def test_four_models_exist(brand: Brand, model: str) -> None:
    assert (await create(brand, attributionModel=model)).json()["attributionModel"] == model
    assert (await create(brand, attributionModel=model.upper())).status_code == 400


@pytest.mark.parametrize("days", [1, 60, 365])
async def test_a_window_has_1_to_365_days(brand: Brand, days: int) -> None:
    made = await create(brand, attributionWindowDays=days)
    assert made.json()["attributionWindowDays"] == days


@pytest.mark.parametrize(
    "odd",
    [
        {"attributionWindowDays": 0},
        {"attributionWindowDays": 366},
        {"attributionWindowDays": 30.5},
        {"attributionWindowDays": "30"},
        {"attributionWindowDays": True},
        {"holdbackDays": -1},
        {"holdbackDays": 366},
        {"attributionModel": "u_shape"},
        {"startsAt": "tomorrow"},
        {"startsAt": "2026-13-01T00:00:00Z"},
        {"startsAt": "2026-01-01"},
        {"startsAt": "2026-01-01T00:00:00"},
        {"startsAt": 1767225600},
        {"startsAt": "1767225600"},
        {"endsAt": "9999-12-31T23:59:59Z"},
        {"grantToAllPartners": "perhaps"},
        {"tenantId": "0"},
    ],
)
async def test_what_does_not_fit_is_named(brand: Brand, odd: Json) -> None:
    refused = await create(brand, **odd)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == list(odd)
    assert (await brand.get("/campaigns")).json()["campaigns"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "percent", "value": 0},
        {"type": "percent", "value": -5},
        {"type": "percent", "value": 100.5},
        {"type": "percent", "value": "0.00001"},
        {"type": "percent", "value": 20, "currency": "USD"},
        {"type": "fixed", "value": 50, "eventTypes": []},
        {"type": "fixed", "value": 0, "eventTypes": ["signup"]},
        {"type": "fixed", "value": "0.001", "eventTypes": ["signup"]},
        {"type": "fixed", "value": "0.5", "currency": "JPY", "eventTypes": ["signup"]},
        {"type": "fixed", "value": 5, "currency": "XXX", "eventTypes": ["signup"]},
        {"type": "fixed", "value": 5, "currency": "DOLLAR", "eventTypes": ["signup"]},
        {"type": "fixed", "value": 5, "eventTypes": [""]},
        {"type": "tiered", "value": 5},
        {"value": 5},
        [],
        20,
    ],
)
async def test_a_rule_that_cannot_be_paid_is_refused(brand: Brand, rule: Any) -> None:
    refused = await create(brand, commissionRule=rule)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["commissionRule"]


async def test_m9_a_fixed_rule_names_the_event_types_it_pays_for(brand: Brand) -> None:
    refused = await create(brand, commissionRule={"type": "fixed", "value": 50})
    assert refusal(refused) == (400, "invalid_body")
    [message] = refused.json()["detail"]["fieldErrors"]["commissionRule"]
    assert "eventTypes" in message
    rule = {"type": "fixed", "value": "49.90", "currency": "eur", "eventTypes": ["signup"]}
    made = (await create(brand, commissionRule=rule)).json()
    assert made["commissionRule"] == {
        "type": "fixed", "value": 49.9, "currency": "EUR", "recurring": False,
        "eventTypes": ["signup"],
    }  # fmt: skip


async def test_m13_a_campaign_starts_before_it_ends(brand: Brand) -> None:
    moment = "2030-05-01T00:00:00Z"
    for starts, ends in (
        (TOMORROW, YESTERDAY),
        (moment, moment),
        (moment, "2030-05-01T02:00:00+02:00"),
    ):
        refused = await create(brand, startsAt=starts, endsAt=ends)
        assert refusal(refused) == (400, "invalid_body")
        assert list(refused.json()["detail"]["fieldErrors"]) == ["endsAt"]
    dated = (await create(brand, startsAt=YESTERDAY, endsAt=moment)).json()
    # Also when only one of the two is named, against the other that is stored.
    assert refusal(await edit(brand, dated, startsAt=TOMORROW)) == (400, "invalid_body")
    assert refusal(await edit(brand, dated, endsAt="2000-01-01T00:00:00Z")) == (400, "invalid_body")
    assert (await edit(brand, dated, startsAt=TOMORROW, endsAt=None)).status_code == 200
    [stored] = (await brand.get("/campaigns")).json()["campaigns"]
    assert (stored["startsAt"], stored["endsAt"]) == ("2199-01-01T00:00:00.000Z", None)


async def test_times_are_shown_in_utc(brand: Brand) -> None:
    made = (await create(brand, startsAt="2030-05-01T02:30:00.5+02:00")).json()
    assert made["startsAt"] == "2030-05-01T00:30:00.500Z"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("shop.example", "shop.example"),
        (" Shop.Example. , .shop.example,*.shop.example", "shop.example"),
        ("bücher.example,XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("a.example,,b.example,", "a.example, b.example"),
        (["a.example", "B.example"], "a.example, b.example"),
        ("localhost, 127.0.0.1", "localhost, 127.0.0.1"),
        ("", None),
        ([], None),
        (None, None),
    ],
)
async def test_domains_are_kept_in_one_spelling(brand: Brand, written: Any, kept: str) -> None:
    made = await create(brand, deepLinkAllowedDomains=written)
    assert made.json()["deepLinkAllowedDomains"] == kept


@pytest.mark.parametrize(
    "written",
    [
        "https://shop.example",
        "shop.example/path",
        "shop.example:8443",
        "user@shop.example",
        "shop example",
        "shop..example",
        "*",
        "sh*p.example",
        ["x" * 254],
        ["a.example"] * 51,
        "a," * 501,
        {"0": "a.example"},
        5,
    ],
)
async def test_what_is_no_domain_is_refused(brand: Brand, written: Any) -> None:
    refused = await create(brand, deepLinkAllowedDomains=written)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["deepLinkAllowedDomains"]


@pytest.mark.parametrize(
    "destination",
    ["javascript:alert(1)", "ftp://shop.example/", "shop.example", "https://u:p@shop.example/",
     "https://shop.example/\r\nx: y", "https://", "", None, 5],
)  # fmt: skip
async def test_s15_a_campaign_leads_to_a_web_page(brand: Brand, destination: Any) -> None:
    refused = await create(brand, destinationUrl=destination)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["destinationUrl"]


async def test_an_edit_changes_what_it_names_and_nothing_else(brand: Brand) -> None:
    campaign = await brand.campaign(
        deepLinkAllowedDomains="shop.example", holdbackDays=14, startsAt=YESTERDAY
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


async def test_campaigns_come_in_pages_that_are_stable_under_inserts(brand: Brand) -> None:
    made = [(await brand.campaign())["id"] for _ in range(5)]
    seen: list[str] = []
    async for page in pages(brand, "/campaigns", "campaigns", limit=2):
        seen += [campaign["id"] for campaign in page]
        await brand.campaign()
    assert seen == made[::-1]


async def test_only_admins_see_and_make_campaigns(brand: Brand) -> None:
    campaign, partner = await brand.campaign(), await brand.partner()
    body = {"name": "Spring", "commissionRule": PERCENT, "destinationUrl": "https://shop.example/"}
    for headers, code in (
        (await brand.partner_headers(partner), "forbidden"),
        (await brand.scoped_headers("partners:read", "partners:write"), "forbidden_scope"),
    ):
        assert refusal(await brand.get("/campaigns", headers=headers)) == (403, code)
        assert refusal(await brand.post("/campaigns", body, headers=headers)) == (403, code)
        refused = await brand.request(
            "PATCH", f"/campaigns/{campaign['id']}", json={"name": "Mine"}, headers=headers
        )
        assert refusal(refused) == (403, code)


async def test_everyone_sees_what_they_may_promote_now(brand: Brand) -> None:
    running = await brand.campaign(deepLinkAllowedDomains="shop.example", startsAt=YESTERDAY)
    scheduled = await brand.campaign(startsAt=TOMORROW)
    ended = await brand.campaign(endsAt=YESTERDAY)
    lost = await brand.campaign()
    partner = await brand.partner()
    later = await brand.campaign()
    await brand.request("DELETE", f"/partners/{partner['id']}/campaigns/{lost['id']}")
    theirs = await brand.get("/me/campaigns", headers=await brand.partner_headers(partner))
    shown = {
        key: running[key] for key in ("id", "name", "destinationUrl", "deepLinkAllowedDomains")
    }
    assert theirs.json() == {"campaigns": [{**shown, "source": "admin"}]}
    every = (await brand.get("/me/campaigns")).json()["campaigns"]
    assert [campaign["id"] for campaign in every] == [
        campaign["id"] for campaign in (later, lost, ended, scheduled, running)
    ]
    assert every[-1] == {**shown, "source": None}
    scoped = await brand.scoped_headers("links:write", "partners:read")
    refused = await brand.get("/me/campaigns", headers=scoped)
    assert refusal(refused) == (403, "forbidden_scope")
