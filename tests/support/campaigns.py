"""Asking for campaigns and links, where a test wants the answer whatever it is."""

from typing import Any

import httpx2

from tests.support.brand import Brand, Json

FUTURE, PAST = "2199-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
PERCENT = {"type": "percent", "value": 20}


async def ask_for_campaign(brand: Brand, **changes: Any) -> httpx2.Response:
    """With no more than a campaign needs."""
    body = {"name": "Spring", "commissionRule": PERCENT, "destinationUrl": "https://shop.example/"}
    return await brand.post("/campaigns", {**body, **changes})


async def edit(brand: Brand, campaign: Json, **changes: Any) -> httpx2.Response:
    return await brand.request("PATCH", f"/campaigns/{campaign['id']}", json=changes)


async def ask_for_link(
    brand: Brand, partner: Json, campaign: Json, key: str = "spring", **options: Any
) -> httpx2.Response:
    """`headers` says who asks; all else goes into the body."""
    headers = options.pop("headers", brand.headers)
    body = {"linkKey": key, "campaignId": campaign["id"], **options}
    return await brand.post(f"/partners/{partner['id']}/links", body, headers=headers)
