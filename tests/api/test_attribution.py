"""Attribution: whose click earns from an event, and why."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.conversions import (
    amounts,
    click,
    commissions,
    days_ago,
    explained,
    identify,
    promotion,
    report,
    three_partners,
    visit,
)
from tests.support.refusals import refusal
from tests.support.statements import statements

ONCE = {"type": "percent", "value": 100, "recurring": False}


def weights(reported: Json) -> list[float]:
    return [touch["weight"] for touch in reported["attribution"]["touches"]]


async def credits_of(brand: Brand) -> list[Any]:
    query = "select * from credits where tenant_id = $1 order by id"
    return await brand.fetch(query, brand.tenant_id)


@pytest.mark.parametrize(
    ("model", "expected", "earned"),
    [
        ("last_click", [1], ["40.00 USD"]),
        ("first_click", [1], ["40.00 USD"]),
        ("linear", [0.3333, 0.3333, 0.3334], ["13.33 USD", "13.33 USD", "13.34 USD"]),
        ("position", [0.4, 0.2, 0.4], ["16.00 USD", "16.00 USD", "8.00 USD"]),
    ],
)
async def test_the_campaign_says_how_credit_is_shared(
    brand: Brand, model: str, expected: list[float], earned: list[str]
) -> None:
    links = await three_partners(brand, attributionModel=model)
    reported = await report(brand)
    assert reported["attribution"]["model"] == model
    assert weights(reported) == expected
    assert await amounts(brand) == earned
    whose = {touch["partnerId"] for touch in reported["attribution"]["touches"]}
    position = {"last_click": links[2:], "first_click": links[:1]}.get(model, links)
    assert whose == {link["partnerId"] for link in position}


async def test_who_nobody_identified_brought_about_nothing(brand: Brand) -> None:
    await click(brand, await promotion(brand))
    reported = await report(brand)
    assert reported["attribution"] == {"status": "no_identity", "model": None, "touches": []}
    assert (await explained(brand, reported))["clicks"] == []


@pytest.mark.parametrize("flag", ["bot", "prefetch", "velocity", "duplicate", "manual"])
async def test_a_flagged_click_earns_nothing(brand: Brand, flag: str) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1), flag=flag)
    reported = await report(brand)
    assert reported["attribution"]["status"] == "no_click"
    [considered] = (await explained(brand, reported))["clicks"]
    assert considered["outcome"] == f"flagged_{flag}"


async def test_a_click_counts_within_its_campaigns_window(brand: Brand) -> None:
    link = await promotion(brand, attributionWindowDays=30)
    cref = await visit(brand, link, at=days_ago(31))
    assert (await report(brand))["attribution"]["status"] == "outside_window"
    in_time = await report(brand, ts=days_ago(2).isoformat())
    assert [touch["clickId"] for touch in in_time["attribution"]["touches"]] == [cref]


async def test_m1_a_new_click_never_re_pays_history(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(9))
    await report(brand, ts=days_ago(5).isoformat())
    earned = await commissions(brand)
    # After the event, before it, and before the click that was credited: none changes anything.
    for days in (1, 7, 20):
        cref = await click(brand, link, at=days_ago(days))
        assert (await identify(brand, cref))["backfilledAttributions"] == 0
    assert await commissions(brand) == earned


async def test_m1_a_click_after_the_event_never_counts(brand: Brand) -> None:
    cref = await click(brand, await promotion(brand), at=days_ago(1))
    reported = await report(brand, ts=days_ago(2).isoformat())
    assert (await identify(brand, cref))["backfilledAttributions"] == 0
    assert await credits_of(brand) == []
    again = await report(brand, ts=days_ago(2).isoformat())
    assert again["attribution"]["status"] == "no_click"
    assert (await explained(brand, again))["clicks"][0]["outcome"] == "after_event"
    assert (await explained(brand, reported))["status"] == "no_identity"


@pytest.mark.parametrize("corrective", ["refund", "dispute_created", "invoice_payment_failed"])
async def test_m2_corrective_events_are_never_credited(brand: Brand, corrective: str) -> None:
    link = await promotion(brand)
    await visit(brand, link, "known", at=days_ago(1))
    reported = await report(brand, "known", type=corrective)
    assert reported["attribution"]["status"] == "not_attributable"
    cref = await click(brand, link, at=days_ago(1))
    await report(brand, "late", type=corrective)
    assert (await identify(brand, cref, "late"))["backfilledAttributions"] == 0
    assert await credits_of(brand) == []


async def test_m3_another_model_never_makes_a_second_set(brand: Brand) -> None:
    links = await three_partners(brand)
    await report(brand, externalId="order-1")
    earned, credited = await commissions(brand), await credits_of(brand)
    changed = await brand.request(
        "PATCH", f"/campaigns/{links[0]['campaignId']}", json={"attributionModel": "linear"}
    )
    assert changed.status_code == 200
    again = await report(brand, externalId="order-1")
    assert again["attribution"]["model"] == "last_click"
    await visit(brand, links[0], at=days_ago(2.5))
    assert await commissions(brand) == earned
    assert await credits_of(brand) == credited


async def test_what_arrives_while_a_partner_is_revoked_never_credits_them(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    late = await click(brand, link, at=days_ago(1))
    await report(brand, externalId="before")
    await brand.made(f"/partners/{link['partnerId']}/revoke", {"notify": False})
    refused = await report(brand, externalId="meanwhile")
    assert refused["attribution"]["status"] == "no_click"
    assert (await explained(brand, refused))["clicks"][0]["outcome"] == "partner_revoked"
    await report(brand, "late")
    await brand.made(f"/partners/{link['partnerId']}/reinstate")
    # Not even when the click becomes known after they are let back in.
    assert (await identify(brand, late, "late"))["backfilledAttributions"] == 0
    assert (await report(brand))["attribution"]["status"] == "attributed"
    assert await amounts(brand) == ["40.00 USD", "40.00 USD"]


async def test_a_revoked_partner_is_not_credited_for_a_backlog_either(brand: Brand) -> None:
    link = await promotion(brand)
    cref = await click(brand, link, at=days_ago(1))
    await report(brand)
    await brand.made(f"/partners/{link['partnerId']}/revoke", {"notify": False})
    assert (await identify(brand, cref))["backfilledAttributions"] == 0
    assert await amounts(brand) == []


async def test_m15_a_click_made_while_revoked_earns_again_after_reinstatement(
    brand: Brand,
) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1), flag="revoked")
    await brand.made(f"/partners/{link['partnerId']}/revoke", {"notify": False})
    await report(brand)
    await brand.made(f"/partners/{link['partnerId']}/reinstate")
    assert await amounts(brand) == []
    await report(brand)
    assert await amounts(brand) == ["40.00 USD"]


async def test_m15_the_database_refuses_more_than_the_whole_of_an_event(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    [credit] = await credits_of(brand)
    with pytest.raises(asyncpg.CheckViolationError, match="exceed the whole"):
        await brand.execute(
            "insert into credits (tenant_id, id, event_id, click_id, partner_id, campaign_id,"
            " model, weight_parts) values ($1, $2, $3, $4, $5, $6, 'linear', 1)",
            brand.tenant_id, new_id(), credit["event_id"], new_id(), credit["partner_id"],
            credit["campaign_id"],
        )  # fmt: skip


async def test_an_explanation_tells_of_every_click_and_of_what_was_paid(brand: Brand) -> None:
    links = await three_partners(brand)
    await visit(brand, links[0], at=days_ago(0.5), flag="bot")
    reported = await report(brand)
    explanation = await explained(brand, reported)
    assert explanation["sentence"] == (
        "1 of 4 clicks is credited by the last click model: 40.00 USD."
    )
    assert [seen["outcome"] for seen in explanation["clicks"]] == [
        "not_chosen_by_model", "not_chosen_by_model", "credited", "flagged_bot",
    ]  # fmt: skip
    [credit] = explanation["credits"]
    [touch] = reported["attribution"]["touches"]
    assert credit["sentence"] == "20 % of 200.00 USD is 40.00 USD."
    assert credit["attributionId"] == touch["attributionId"]
    assert credit["commissionId"] == touch["commissionId"]
    assert [total["amount"] for total in explanation["totals"]] == ["40.00"]


async def test_an_explanation_is_for_admins_of_the_same_tenant(
    brand: Brand, other_brand: Brand
) -> None:
    path = f"/attribution/events/{(await report(brand))['eventId']}/explanation"
    assert refusal(await other_brand.get(path)) == (404, "not_found")
    as_partner = await brand.partner_headers(await brand.partner())
    assert refusal(await brand.get(path, headers=as_partner)) == (403, "forbidden")
    scoped = await brand.scoped_headers("events:write", "commissions:read")
    assert refusal(await brand.get(path, headers=scoped)) == (403, "forbidden_scope")
    assert refusal(await brand.get("/attribution/events/nonsense/explanation")) == (
        404,
        "not_found",
    )


async def test_more_clicks_than_anybody_makes_are_still_credited(brand: Brand) -> None:
    link = await promotion(brand, attributionModel="position")
    await brand.execute(
        "with clicked as (insert into clicks"
        " (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url)"
        " select $1, gen_random_uuid(), now() - make_interval(mins => n), $2, $3, $4, ''"
        " from generate_series(1, 2500) n returning id, ts)"
        " insert into identities (tenant_id, id, click_id, click_ts, user_id)"
        " select $1, gen_random_uuid(), id, ts, 'customer' from clicked",
        brand.tenant_id, UUID(link["id"]), UUID(link["partnerId"]), UUID(link["campaignId"]),
    )  # fmt: skip
    reported = await report(brand)
    assert len(reported["attribution"]["touches"]) == 1000
    assert sum(credit["weight_parts"] for credit in await credits_of(brand)) == 10_000


async def test_how_many_statements_an_event_takes_does_not_depend_on_its_clicks(
    brand: Brand,
) -> None:
    link = await promotion(brand, attributionModel="linear", commissionRule=ONCE)
    await visit(brand, link, "one", at=days_ago(1))
    for number in range(30):
        await visit(brand, link, "many", at=days_ago(1 + number / 100))
    counts = {}
    for user in ("warming up", "one", "many"):
        with statements() as sent:
            await report(brand, user)
        tables = ("events", "identities", "commissions", "decisions", "credits")
        counts[user] = sum(any(f" {table}" in line for table in tables) for line in sent)
    assert counts["one"] == counts["many"] == 5
    # Beside them only whose key it is, asked once.
    assert sum(" api_keys" in line for line in sent) == 1
    assert len(await credits_of(brand)) == 31
