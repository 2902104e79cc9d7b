"""Campaigns."""

from typing import Any

import pytest

from tests.support.brand import Brand, Json
from tests.support.campaigns import FUTURE, PAST, PERCENT, ask_for_campaign
from tests.support.paging import pages
from tests.support.refusals import refusal


async def test_a_campaign_is_made_and_listed(brand: Brand) -> None:
    campaign = await brand.campaign(name="Spring", deepLinkAllowedDomains="Shop.example, x.test")
    assert campaign["commissionRule"] == {
        "type": "percent", "value": 20.0, "currency": None, "recurring": True, "eventTypes": [],
    }  # fmt: skip
    assert campaign["deepLinkAllowedDomains"] == "shop.example, x.test"
    listed = (await brand.get("/campaigns")).json()
    assert listed == {"campaigns": [campaign], "nextCursor": None}


async def test_a_campaign_that_says_little_has_the_usual_rest(brand: Brand) -> None:
    campaign = (await ask_for_campaign(brand)).json()
    assert campaign == {
        "id": campaign["id"],
        "tenantId": str(brand.tenant_id),
        "name": "Spring",
        "commissionRule": {
            "type": "percent", "value": 20.0, "currency": None, "recurring": False,
            "eventTypes": [],
        },
        "commissionCaps": [],
        "approval": None,
        "identifyRequiresKey": False,
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
        refused = await ask_for_campaign(brand, name=name)
        assert refusal(refused) == (400, "invalid_body")
        assert "name" in refused.json()["detail"]["fieldErrors"]


@pytest.mark.parametrize("model", ["last_click", "first_click", "linear", "position"])
async def test_four_models_exist(brand: Brand, model: str) -> None:
    assert (await ask_for_campaign(brand, attributionModel=model)).json()[
        "attributionModel"
    ] == model
    assert (await ask_for_campaign(brand, attributionModel=model.upper())).status_code == 400


@pytest.mark.parametrize("days", [1, 60, 365])
async def test_a_window_has_1_to_365_days(brand: Brand, days: int) -> None:
    made = await ask_for_campaign(brand, attributionWindowDays=days)
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
    refused = await ask_for_campaign(brand, **odd)
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
    refused = await ask_for_campaign(brand, commissionRule=rule)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["commissionRule"]


async def test_m9_a_fixed_rule_names_the_event_types_it_pays_for(brand: Brand) -> None:
    refused = await ask_for_campaign(brand, commissionRule={"type": "fixed", "value": 50})
    assert refusal(refused) == (400, "invalid_body")
    [message] = refused.json()["detail"]["fieldErrors"]["commissionRule"]
    assert "eventTypes" in message
    rule = {"type": "fixed", "value": "49.90", "currency": "eur", "eventTypes": ["signup"]}
    made = (await ask_for_campaign(brand, commissionRule=rule)).json()
    assert made["commissionRule"] == {
        "type": "fixed", "value": 49.9, "currency": "EUR", "recurring": False,
        "eventTypes": ["signup"],
    }  # fmt: skip


async def test_times_are_shown_in_utc(brand: Brand) -> None:
    made = (await ask_for_campaign(brand, startsAt="2030-05-01T02:30:00.5+02:00")).json()
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
    made = await ask_for_campaign(brand, deepLinkAllowedDomains=written)
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
    refused = await ask_for_campaign(brand, deepLinkAllowedDomains=written)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["deepLinkAllowedDomains"]


@pytest.mark.parametrize(
    "destination",
    ["javascript:alert(1)", "ftp://shop.example/", "shop.example", "https://u:p@shop.example/",
     "https://shop.example/\r\nx: y", "https://", "", None, 5],
)  # fmt: skip
async def test_s15_a_campaign_leads_to_a_web_page(brand: Brand, destination: Any) -> None:
    refused = await ask_for_campaign(brand, destinationUrl=destination)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["destinationUrl"]


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
    running = await brand.campaign(deepLinkAllowedDomains="shop.example", startsAt=PAST)
    scheduled = await brand.campaign(startsAt=FUTURE)
    ended = await brand.campaign(endsAt=PAST)
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
