"""What partners see of their own figures."""

from uuid import uuid4

import pytest

from tests.support.brand import Brand
from tests.support.conversions import click, days_ago, promotion, report, visit
from tests.support.figures import NONE, dashboard, funnel, shown
from tests.support.refusals import refusal


async def test_a_dashboard_begins_with_nothing(brand: Brand) -> None:
    link = await promotion(brand)
    figures = await dashboard(brand, link)
    since = figures.pop("since")
    assert since.endswith("Z")
    assert figures == {
        "partnerId": link["partnerId"],
        "clicks": 0,
        "flaggedClicks": 0,
        "attributedEvents": 0,
        "attributedRevenue": {},
        "commissionByStatus": NONE,
    }


async def test_currencies_are_never_added(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    for value, currency in (("200.00", "USD"), ("100.00", "EUR"), ("1500", "JPY"), ("1", "USD")):
        await report(brand, value=value, currency=currency)
    figures = await dashboard(brand, link)
    assert figures["attributedEvents"] == 4
    assert figures["attributedRevenue"] == {"EUR": "100.00", "JPY": "1500", "USD": "201.00"}
    assert figures["commissionByStatus"] == {
        **NONE, "accrued": {"EUR": "20.00", "JPY": "300", "USD": "40.20"},
    }  # fmt: skip


async def test_flagged_clicks_are_counted_apart(brand: Brand) -> None:
    link = await promotion(brand)
    for flag in (None, None, "bot", "velocity", "prefetch"):
        await click(brand, link, flag=flag)
    figures = await dashboard(brand, link, includeLinks=True)
    assert (figures["clicks"], figures["flaggedClicks"]) == (2, 3)
    assert [one["clicks"] for one in figures["links"]] == [2]
    assert (await funnel(brand, link))["stages"]["clicks"] == 2
    totals = (await shown(brand, "/admin/overview"))["totals"]
    assert (totals["clicks"], totals["flaggedClicks"]) == (2, 3)


async def test_an_event_that_two_partners_share_is_each_ones_by_weight(brand: Brand) -> None:
    first = await promotion(brand, attributionModel="linear")
    second = await brand.link(await brand.partner(), {"id": first["campaignId"]})
    await visit(brand, first, at=days_ago(3))
    await visit(brand, second, at=days_ago(2))
    await report(brand, value="200.01")
    for link in (first, second):
        figures = await dashboard(brand, link)
        assert figures["attributedEvents"] == 1
        assert figures["attributedRevenue"] == {"USD": "100.01"}
    totals = (await shown(brand, "/admin/overview"))["totals"]
    assert (totals["attributedEvents"], totals["attributedRevenue"]) == (1, {"USD": "200.01"})


async def test_links_are_shown_one_by_one_when_asked_for(brand: Brand) -> None:
    link = await promotion(brand)
    partner, campaign = {"id": link["partnerId"]}, {"id": link["campaignId"]}
    quiet = await brand.link(partner, campaign)
    await visit(brand, link, at=days_ago(2))
    await click(brand, quiet)
    await report(brand)
    await report(brand, value="9.99", currency="EUR")
    assert (await dashboard(brand, link, includeLinks="true"))["links"] == [
        {
            "linkKey": quiet["linkKey"],
            "clicks": 1,
            "attributedEvents": 0,
            "attributedRevenue": {},
        },
        {
            "linkKey": link["linkKey"],
            "clicks": 1,
            "attributedEvents": 2,
            "attributedRevenue": {"EUR": "9.99", "USD": "200.00"},
        },
    ]


async def test_the_window_goes_by_when_things_happened(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(45))
    await report(brand, ts=days_ago(40).isoformat())
    lately = await dashboard(brand, link)
    assert (lately["clicks"], lately["attributedEvents"]) == (0, 0)
    assert lately["commissionByStatus"] == NONE
    always = await dashboard(brand, link, since="1970-01-01")
    assert always["since"] == "1970-01-01T00:00:00.000Z"
    assert (always["clicks"], always["attributedEvents"]) == (1, 1)
    assert always["commissionByStatus"]["accrued"] == {"USD": "40.00"}
    between = await dashboard(brand, link, since=days_ago(42).isoformat())
    assert (between["clicks"], between["attributedEvents"]) == (0, 1)


@pytest.mark.parametrize(
    "since",
    [
        "yesterday", "2026-13-01", "2026-02-30", "1700000000", "", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00\x00", "x" * 5000, "2026-01-01T25:00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("page", ["dashboard", "funnel"])
async def test_r6_a_date_that_is_none_is_a_clear_400(brand: Brand, page: str, since: str) -> None:
    partner = await brand.partner()
    answer = await brand.get(f"/partners/{partner['id']}/{page}", params={"since": since})
    assert refusal(answer) == (400, "invalid_query")


@pytest.mark.parametrize("since", ["2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T02:00+02:00"])
async def test_a_date_may_be_written_in_the_usual_ways(brand: Brand, since: str) -> None:
    figures = await dashboard(brand, await promotion(brand), since=since)
    assert figures["since"] == "2026-01-01T00:00:00.000Z"


async def test_the_largest_amounts_add_up(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    for _ in range(3):
        await report(brand, value="1000000000000", currency="USD")
    assert (await dashboard(brand, link))["attributedRevenue"] == {"USD": "3000000000000.00"}
    assert (await funnel(brand, link))["revenue"] == {"USD": "3000000000000.00"}


async def test_a_partner_sees_their_own_figures_alone(brand: Brand) -> None:
    link = await promotion(brand)
    other = await brand.partner()
    headers = await brand.partner_headers({"id": link["partnerId"]})
    for page in ("dashboard", "funnel"):
        own = await brand.get(f"/partners/{link['partnerId']}/{page}", headers=headers)
        assert own.status_code == 200
        others = await brand.get(f"/partners/{other['id']}/{page}", headers=headers)
        assert refusal(others) == (403, "forbidden")
    assert refusal(await brand.get("/admin/overview", headers=headers)) == (403, "forbidden")


async def test_a_scoped_key_reads_dashboards_with_partners_read(brand: Brand) -> None:
    partner = await brand.partner()
    headers = await brand.scoped_headers("partners:read")
    path = f"/partners/{partner['id']}"
    assert (await brand.get(f"{path}/dashboard", headers=headers)).status_code == 200
    assert refusal(await brand.get(f"{path}/funnel", headers=headers)) == (403, "forbidden_scope")


async def test_figures_of_nobody_are_not_found(brand: Brand, other_brand: Brand) -> None:
    theirs = await other_brand.partner()
    for partner in (theirs["id"], str(uuid4())):
        for page in ("dashboard", "funnel"):
            answer = await brand.get(f"/partners/{partner}/{page}")
            assert refusal(answer) == (404, "partner_not_found")
