"""Figures that hold together across partners, stages and pages."""

from uuid import uuid4

from tests.support.brand import Brand
from tests.support.conversions import click, commission, days_ago, promotion, report, visit
from tests.support.figures import NONE, dashboard, funnel, shown
from tests.support.paging import pages
from tests.support.refusals import refusal
from tests.support.statements import statements


async def test_commissions_are_shown_by_what_became_of_them(brand: Brand) -> None:
    first = await commission(brand)
    link = {"partnerId": first["partnerId"]}
    assert (await dashboard(brand, link))["commissionByStatus"]["accrued"] == {"USD": "40.00"}
    await brand.made(f"/commissions/{first['id']}/approve")
    run = await brand.made("/payouts/run")
    assert (await dashboard(brand, link))["commissionByStatus"]["approved"] == {"USD": "40.00"}
    [payout] = run["payouts"]
    await brand.made(f"/payouts/{payout['payoutId']}/confirm", {"reference": "transfer 1"})
    paid = await dashboard(brand, link)
    assert paid["commissionByStatus"] == {**NONE, "paid": {"USD": "40.00"}}
    second = await commission(brand)
    await brand.made(f"/commissions/{second['id']}/reverse")
    reversed_one = await dashboard(brand, {"partnerId": second["partnerId"]})
    assert reversed_one["commissionByStatus"] == {**NONE, "reversed": {"USD": "40.00"}}
    overview = await shown(brand, "/admin/overview")
    assert overview["totals"]["commissionPaid"] == {"USD": "40.00"}
    assert overview["totals"]["commissionAccrued"] == {}
    assert [partner["commission"] for partner in overview["partners"]] == [{}, {"USD": "40.00"}]


async def test_a_funnel_follows_clicks_to_customers_who_paid(brand: Brand) -> None:
    link = await promotion(brand)
    for user in ("ann", "bob", "cid"):
        await visit(brand, link, user, at=days_ago(2))
    for _ in range(5):
        await click(brand, link, at=days_ago(2))
    for user in ("ann", "bob"):
        await report(brand, user, type="signup", value=None)
    for value in ("200.00", "50.00"):
        await report(brand, "ann", value=value)
    figures = await funnel(brand, link)
    assert figures["stages"] == {"clicks": 8, "identities": 3, "signups": 2, "paid": 1}
    assert figures["rates"] == {
        "stitchRate": 0.375, "signupRate": 0.6667, "paidRate": 0.5, "overall": 0.125,
    }  # fmt: skip
    assert figures["revenue"] == {"USD": "250.00"}


async def test_an_empty_funnel_divides_by_nothing(brand: Brand) -> None:
    figures = await funnel(brand, await promotion(brand))
    assert set(figures["rates"].values()) == {0}
    assert figures["revenue"] == {}


async def test_the_overview_counts_everybody_whatever_page_is_shown(brand: Brand) -> None:
    link = await promotion(brand)
    others = [await brand.partner() for _ in range(4)]
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    seen = []
    async for partners in pages(brand, "/admin/overview", "partners", limit=2):
        seen += partners
    assert [one["id"] for one in seen] == [
        *(one["id"] for one in reversed(others)),
        link["partnerId"],
    ]
    assert seen[-1] | {"activatedAt": None, "email": None} == {
        "id": link["partnerId"],
        "name": "Pat Partner",
        "email": None,
        "stripeConnected": False,
        "activatedAt": None,
        "revokedAt": None,
        "clicks": 1,
        "events": 1,
        "revenue": {"USD": "200.00"},
        "commission": {"USD": "40.00"},
    }
    one_page = await shown(brand, "/admin/overview", limit=1)
    assert one_page["totals"]["partners"] == 5
    assert one_page["totals"]["attributedRevenue"] == {"USD": "200.00"}


async def test_figures_take_as_many_statements_for_many_as_for_one(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    paths = ("/admin/overview", f"/partners/{link['partnerId']}/dashboard?includeLinks=true")
    counts = []
    for _ in range(2):
        for path in paths:
            await shown(brand, path)
            with statements() as sent:
                await shown(brand, path)
            counts.append(len(sent))
        for _ in range(5):
            more = await brand.link(await brand.partner(), {"id": link["campaignId"]})
            again = await brand.link({"id": link["partnerId"]}, {"id": link["campaignId"]})
            for each in (more, again):
                user = str(uuid4())
                await visit(brand, each, user, at=days_ago(1))
                await report(brand, user)
    assert counts[:2] == counts[2:]


async def test_one_brands_figures_hold_nothing_of_anothers(
    brand: Brand, other_brand: Brand
) -> None:
    await commission(other_brand)
    await click(other_brand, await promotion(other_brand), flag="bot")
    overview = await shown(brand, "/admin/overview")
    assert overview["partners"] == []
    assert set(map(str, overview["totals"].values())) == {"0", "{}"}
    assert (await shown(brand, "/admin/clicks/flagged"))["clicks"] == []


async def test_a_cursor_of_somebody_elses_is_a_400(brand: Brand) -> None:
    for path in ("/admin/clicks/flagged", "/admin/overview"):
        assert refusal(await brand.get(f"{path}?cursor=x")) == (400, "invalid_cursor")
