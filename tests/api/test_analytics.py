"""The figures that partners and admins look at."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.brand import Brand, Json
from tests.support.conversions import click, commission, days_ago, promotion, report, visit
from tests.support.paging import pages
from tests.support.refusals import refusal
from tests.support.statements import statements

NONE: Json = {"accrued": {}, "approved": {}, "paid": {}, "reversed": {}}


async def shown(brand: Brand, path: str, **parameters: Any) -> Json:
    answer = await brand.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


async def dashboard(brand: Brand, link: Json, **parameters: Any) -> Json:
    return await shown(brand, f"/partners/{link['partnerId']}/dashboard", **parameters)


async def funnel(brand: Brand, link: Json, **parameters: Any) -> Json:
    return await shown(brand, f"/partners/{link['partnerId']}/funnel", **parameters)


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


async def test_the_largest_amounts_add_up(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    for _ in range(3):
        await report(brand, value="1000000000000", currency="USD")
    assert (await dashboard(brand, link))["attributedRevenue"] == {"USD": "3000000000000.00"}
    assert (await funnel(brand, link))["revenue"] == {"USD": "3000000000000.00"}


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


async def test_one_brands_figures_hold_nothing_of_anothers(
    brand: Brand, other_brand: Brand
) -> None:
    await commission(other_brand)
    await click(other_brand, await promotion(other_brand), flag="bot")
    overview = await shown(brand, "/admin/overview")
    assert overview["partners"] == []
    assert set(map(str, overview["totals"].values())) == {"0", "{}"}
    assert (await shown(brand, "/admin/clicks/flagged"))["clicks"] == []


async def test_flagged_clicks_are_listed_with_names(brand: Brand) -> None:
    link = await promotion(brand)
    await click(brand, link)
    cref = await click(brand, link, flag="velocity")
    [found] = (await shown(brand, "/admin/clicks/flagged"))["clicks"]
    assert found.pop("ts").endswith("Z")
    assert found == {
        "id": cref,
        "fraudFlag": "velocity",
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


@pytest.mark.parametrize("flag", ["revoked", "bot", "prefetch", "velocity", "duplicate", "manual"])
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


async def test_a_cursor_of_somebody_elses_is_a_400(brand: Brand) -> None:
    for path in ("/admin/clicks/flagged", "/admin/overview"):
        assert refusal(await brand.get(f"{path}?cursor=x")) == (400, "invalid_cursor")
