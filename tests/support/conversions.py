"""From a click to a commission, in the steps that visitors and merchants take."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import now
from shared.ids import new_id
from shared.visitor import clicked_at, new_click_id
from tests.support.brand import Brand, Json

LANDING = "https://shop.example/welcome"


def days_ago(days: float) -> datetime:
    return now() - timedelta(days=days)


async def promotion(brand: Brand, **campaign: Any) -> Json:
    """A campaign, a partner, and the partner's link to it."""
    made = await brand.campaign(**campaign)
    return await brand.link(await brand.partner(), made)


def unrecorded(at: datetime | None = None) -> str:
    """The cref of a click of this moment that no row knows of."""
    moment = (at or now()).astimezone(UTC)
    return str(UUID(bytes=new_click_id(int(moment.timestamp() * 1000))))


async def click(
    brand: Brand,
    link: Json,
    *,
    at: datetime | None = None,
    flag: str | None = None,
    cref: str | None = None,
) -> str:
    """A visit through this link, written as the router writes it; answers its cref."""
    click_id = UUID(cref or unrecorded(at))
    await brand.execute(
        "insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url, flag)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        brand.tenant_id, click_id, clicked_at(click_id), UUID(link["id"]), UUID(link["partnerId"]),
        UUID(link["campaignId"]), LANDING, flag,
    )  # fmt: skip
    return str(click_id)


async def identify(brand: Brand, cref: str, user: str = "customer") -> Json:
    """A visitor became this customer."""
    return await brand.made("/attribution/identify", {"cref": cref, "userId": user})


async def visit(
    brand: Brand,
    link: Json,
    user: str = "customer",
    *,
    at: datetime | None = None,
    flag: str | None = None,
) -> str:
    """A click of a customer whom the merchant knows."""
    cref = await click(brand, link, at=at, flag=flag)
    await identify(brand, cref, user)
    return cref


async def report(brand: Brand, user: str = "customer", **changes: Any) -> Json:
    """A paid invoice over 200.00 USD, unless `changes` say otherwise."""
    event = {"userId": user, "type": "invoice_paid", "value": "200.00", **changes}
    return await brand.made("/attribution/events", event)


async def commissions(brand: Brand, **parameters: Any) -> list[Json]:
    """All of the brand's commissions, newest first."""
    answer = await brand.get("/commissions", params={"limit": 200, **parameters})
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["commissions"]
    return found


async def amounts(brand: Brand, **parameters: Any) -> list[str]:
    """What they come to, smallest text first."""
    return sorted(
        f"{one['amount']} {one['currency']}" for one in await commissions(brand, **parameters)
    )


async def commission(brand: Brand, **campaign: Any) -> Json:
    """An accrued commission of 40.00 USD, of a customer of its own."""
    link, user = await promotion(brand, **campaign), str(new_id())
    await visit(brand, link, user, at=days_ago(1))
    reported = await report(brand, user)
    [touch] = reported["attribution"]["touches"]
    [found] = [one for one in await commissions(brand) if one["id"] == touch["commissionId"]]
    return found


async def three_partners(brand: Brand, **campaign: Any) -> list[Json]:
    """Links of three partners to one campaign, each visited by the customer, a day apart."""
    made = await brand.campaign(**campaign)
    links = [await brand.link(await brand.partner(), made) for _ in range(3)]
    for days, link in zip((3, 2, 1), links, strict=True):
        await visit(brand, link, at=days_ago(days))
    return links


async def explained(brand: Brand, reported: Json) -> Json:
    """Why a reported event was credited, or why not."""
    answer = await brand.get(f"/attribution/events/{reported['eventId']}/explanation")
    assert answer.status_code == 200, answer.text
    explanation: Json = answer.json()
    return explanation
