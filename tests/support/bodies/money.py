"""Bodies that correct what partners have earned."""

from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand
from tests.support.conversions import commission


@body_of
async def create_adjustment(brand: Brand) -> Write:
    partner = await brand.partner()
    return Write(
        f"/partners/{partner['id']}/adjustments",
        {
            "kind": "manual",
            "amount": "-12.50",
            "currency": "EUR",
            "reason": "Counted twice",
            "key": f"correction-{partner['id']}",
        },
    )


@body_of
async def reverse_commission(brand: Brand) -> Write:
    earned = await commission(brand)
    return Write(f"/commissions/{earned['id']}/reverse", {"reason": "Spam"}, (200, None))


@body_of
async def approve_commissions(brand: Brand) -> Write:
    earned = await commission(brand)
    return Write("/commissions/approve", {"ids": [earned["id"]]}, (200, None))
