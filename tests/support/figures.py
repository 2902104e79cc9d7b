"""How tests read figures."""

from typing import Any

from tests.support.brand import Brand, Json

NONE: Json = {"accrued": {}, "approved": {}, "paid": {}, "reversed": {}}


async def shown(brand: Brand, path: str, **parameters: Any) -> Json:
    """What an admin sees there."""
    answer = await brand.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


async def dashboard(brand: Brand, link: Json, **parameters: Any) -> Json:
    """Of the partner whose link this is."""
    return await shown(brand, f"/partners/{link['partnerId']}/dashboard", **parameters)


async def funnel(brand: Brand, link: Json, **parameters: Any) -> Json:
    """Of the partner whose link this is."""
    return await shown(brand, f"/partners/{link['partnerId']}/funnel", **parameters)
