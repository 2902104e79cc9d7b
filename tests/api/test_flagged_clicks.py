"""The queue of clicks that don't count."""

from uuid import UUID

import pytest

from shared.visit_rules import VERSIONS
from tests.support.brand import Brand
from tests.support.conversions import click, days_ago, promotion
from tests.support.figures import shown
from tests.support.paging import pages
from tests.support.refusals import refusal


async def test_flagged_clicks_are_listed_with_names(brand: Brand) -> None:
    link = await promotion(brand)
    await click(brand, link)
    cref = await click(brand, link, flag="velocity")
    [found] = (await shown(brand, "/admin/clicks/flagged"))["clicks"]
    assert found.pop("ts").endswith("Z")
    assert found == {
        "id": cref,
        "fraudFlag": "velocity",
        "ruleVersion": None,
        "flaggedBy": "router",
        "ipHash": None,
        "userAgent": None,
        "referer": None,
        "landingUrl": "https://shop.example/welcome",
        "partnerId": link["partnerId"],
        "partnerName": "Pat Partner",
        "linkId": link["id"],
        "linkKey": link["linkKey"],
    }


async def test_a_flagged_click_without_link_or_partner_is_listed_too(brand: Brand) -> None:
    await brand.execute(
        "insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url, flag)"
        " values ($1, $2, now(), $2, $2, 'https://shop.example', 'bot')",
        brand.tenant_id, UUID(int=7),
    )  # fmt: skip
    [found] = (await shown(brand, "/admin/clicks/flagged"))["clicks"]
    assert (found["partnerName"], found["linkId"], found["linkKey"]) == (None, None, None)


@pytest.mark.parametrize("flag", list(VERSIONS))
async def test_m15_flagged_clicks_can_be_filtered_by_every_flag(brand: Brand, flag: str) -> None:
    link = await promotion(brand)
    wanted = await click(brand, link, flag=flag)
    await click(brand, link, flag="bot" if flag != "bot" else "velocity")
    listed = await shown(brand, "/admin/clicks/flagged", reason=flag)
    assert [one["id"] for one in listed["clicks"]] == [wanted]


async def test_p6_flagged_clicks_are_paged_newest_first(brand: Brand) -> None:
    link = await promotion(brand)
    crefs = [await click(brand, link, at=days_ago(60 - at), flag="bot") for at in range(7)]
    seen = []
    async for page in pages(brand, "/admin/clicks/flagged", "clicks", limit=3):
        seen += [one["id"] for one in page]
    assert seen == crefs[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "reason=unknown"])
async def test_a_question_that_makes_no_sense_is_a_400(brand: Brand, query: str) -> None:
    answer = await brand.get(f"/admin/clicks/flagged?{query}")
    assert refusal(answer) == (400, "invalid_query")
