"""Coupons of partners, and orders at which they are used."""

from typing import Any

import httpx2

from tests.support.brand import Brand, Json

ORDER: Json = {"eventType": "invoice_paid", "value": "200.00", "userId": "customer"}


async def listed(brand: Brand, partner: Json, **options: Any) -> list[Json]:
    answer = await brand.get(f"/partners/{partner['id']}/coupons", **options)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["coupons"]
    return found


async def promoter(brand: Brand, **campaign: Any) -> tuple[Json, Json]:
    """A partner and the coupon that came with the grant."""
    await brand.campaign(**campaign)
    partner = await brand.partner()
    [coupon] = await listed(brand, partner)
    return partner, coupon


async def redeem(
    brand: Brand, code: str, order: str = "order-1", **changes: Any
) -> httpx2.Response:
    headers = changes.pop("headers", brand.headers)
    body = {**ORDER, "code": code, "externalEventId": order, **changes}
    return await brand.post("/coupons/redeem", body, headers=headers)
