"""Campaigns."""

from tests.support.brand import Brand


async def test_a_campaign_is_made_and_listed(brand: Brand) -> None:
    campaign = await brand.campaign(name="Spring", deepLinkAllowedDomains="Shop.example, x.test")
    assert campaign["commissionRule"] == {
        "type": "percent", "value": 20.0, "currency": None, "recurring": True, "eventTypes": [],
    }  # fmt: skip
    assert campaign["deepLinkAllowedDomains"] == "shop.example, x.test"
    listed = (await brand.get("/campaigns")).json()
    assert listed == {"campaigns": [campaign], "nextCursor": None}


async def test_a_key_is_needed(brand: Brand) -> None:
    refused = await brand.get("/campaigns", headers={})
    assert (refused.status_code, refused.json()["error"]) == (400, "tenant_slug_missing")
