"""Bodies for coupons and what is reckoned anew."""

from tests.support.bodies.pipeline import CAP, LATER
from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand, Json


async def promoter(brand: Brand) -> tuple[Json, Json, Json]:
    """A campaign, a partner who promotes it alone, and the coupon that came with the grant."""
    campaign = await brand.campaign()
    partner = await brand.partner(campaignIds=[campaign["id"]])
    [coupon] = (await brand.get(f"/partners/{partner['id']}/coupons")).json()["coupons"]
    return campaign, partner, coupon


@body_of
async def create_coupon(brand: Brand) -> Write:
    """After a first redemption, for which further coupons wait."""
    campaign, partner, coupon = await promoter(brand)
    order = {"code": coupon["code"], "eventType": "signup", "userId": "customer"}
    await brand.made("/coupons/redeem", {**order, "externalEventId": coupon["id"]})
    path = f"/partners/{partner['id']}/coupons"
    await brand.request("DELETE", f"{path}/{coupon['id']}")
    return Write(path, {"campaignId": campaign["id"], "code": "SPRING-SALE"})


@body_of
async def redeem_coupon(brand: Brand) -> Write:
    _, _, coupon = await promoter(brand)
    return Write(
        "/coupons/redeem",
        {
            "code": coupon["code"],
            "eventType": "invoice_paid",
            "value": "49.90",
            "currency": "EUR",
            "externalEventId": "order-1",
            "userId": "customer",
            "ts": "2026-03-01T00:00:00Z",
        },
    )


@body_of
async def simulate_campaign(brand: Brand) -> Write:
    campaign = await brand.campaign()
    body = {
        "days": 30,
        "commissionRule": [LATER],
        "commissionCaps": [CAP],
        "model": "linear",
        "windowDays": 90,
    }
    return Write(f"/campaigns/{campaign['id']}/simulate", body, (200, None))
