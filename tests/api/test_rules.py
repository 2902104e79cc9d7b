"""Lists of rules at work: bounties, shares, months, products, caps and approval, through the API."""

import asyncio
from typing import Any

import pytest

from tests.support.brand import Brand, Json
from tests.support.campaigns import ask_for_campaign, edit
from tests.support.conversions import (
    amounts,
    commissions,
    days_ago,
    explained,
    promotion,
    report,
    three_partners,
    visit,
)
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.working import Worker

BOUNTY = {"trigger": "first", "eventType": "subscription_created", "type": "fixed", "value": 200}
SHARE = {"trigger": "every", "eventType": "invoice_paid", "type": "percent", "value": 20}
TENTH: Json = {"type": "percent", "value": 10}
CREATED: Json = {"type": "subscription_created", "value": None}


async def earn(brand: Brand, rules: list[Json], *events: Json, **campaign: Any) -> list[list[str]]:
    """What each event earns the partner, in the order of its rules."""
    link = await promotion(
        brand, commissionRule=rules, **{"attributionWindowDays": 365, **campaign}
    )
    await visit(brand, link, at=days_ago(200))
    paid = []
    for event in events:
        reported = await report(brand, **event)
        [touch] = reported["attribution"]["touches"]
        by_id = {one["id"]: one for one in await commissions(brand)}
        paid.append([by_id[one]["amount"] for one in touch["commissionIds"]])
    return paid


async def test_cmp_1_a_first_bounty_and_a_share_of_every_invoice(brand: Brand) -> None:
    invoice = {"value": "49.00"}
    paid = await earn(brand, [BOUNTY, SHARE], CREATED, invoice, invoice)
    assert paid == [["200.00"], ["9.80"], ["9.80"]]


async def test_cmp_2_a_first_fires_once_for_partner_customer_and_type(brand: Brand) -> None:
    assert await earn(brand, [{**BOUNTY, "value": 50}], CREATED, CREATED) == [["50.00"], []]


async def test_cmp_3_recurring_months_run_from_the_first_event(brand: Brand) -> None:
    rule = {**SHARE, "value": 50, "recurring": True, "recurringMonths": 3}
    happened: list[Json] = [{"ts": days_ago(days).isoformat()} for days in (150, 65, 44)]
    assert await earn(brand, [rule], *happened) == [["100.00"], ["100.00"], []]


async def test_cmp_4_the_first_pays_more_than_what_follows(brand: Brand) -> None:
    rules = [{**SHARE, "trigger": "first", "value": 50}, {**SHARE, "trigger": "subsequent"}]
    invoice = {"value": "100.00"}
    assert await earn(brand, rules, invoice, invoice, invoice) == [["50.00"], ["20.00"], ["20.00"]]


async def test_cmp_5_a_rule_without_event_type_fires_on_every_event(brand: Brand) -> None:
    happened = ({"value": "100.00"}, {"type": "upgrade", "value": "49.00"})
    assert await earn(brand, [TENTH], *happened) == [["10.00"], ["4.90"]]


async def test_a_credit_may_earn_several_commissions_and_says_of_each_why(brand: Brand) -> None:
    rules = [TENTH, {**BOUNTY, "currency": "EUR", "eventType": "invoice_paid"}, BOUNTY]
    await visit(brand, await promotion(brand, commissionRule=rules), at=days_ago(1))
    reported = await report(brand, externalId="one")
    assert await amounts(brand) == ["20.00 USD", "200.00 EUR"]
    [credit] = (await explained(brand, reported))["credits"]
    assert [line["commission"] for line in credit["lines"]] == [
        "accrued", "accrued", "event_type_not_paid",
    ]  # fmt: skip
    [touch] = reported["attribution"]["touches"]
    assert touch["commissionIds"] == [line["commissionId"] for line in credit["lines"][:2]]
    assert touch["commissionId"] == touch["commissionIds"][0]
    assert {one["termsId"] for one in [credit]} == {credit["termsId"]}
    again = await report(brand, externalId="one")
    assert again["attribution"] == reported["attribution"]


async def test_m9_zero_amounts_make_no_commission(brand: Brand) -> None:
    assert await earn(brand, [TENTH], {"type": "signup", "value": None}, {"value": "0.04"}) == [
        [], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "value", "earned"),
    [("JPY", "1005", "101"), ("USD", "10.05", "1.01"), ("KWD", "1.005", "0.101")],
)
async def test_shares_are_rounded_in_the_currencys_own_units(
    brand: Brand, currency: str, value: str, earned: str
) -> None:
    assert await earn(brand, [TENTH], {"currency": currency, "value": value}) == [[earned]]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "500"), ("KWD", "0.125")])
async def test_a_bounty_has_the_decimals_of_its_currency(
    brand: Brand, currency: str, amount: str
) -> None:
    rule = {**BOUNTY, "currency": currency, "value": amount}
    assert await earn(brand, [rule], CREATED) == [[amount]]


async def test_products_and_metadata_decide_which_rule_pays(brand: Brand) -> None:
    rules = [
        {**TENTH, "products": ["team"]}, {**TENTH, "value": 1, "excludedProducts": ["team"]},
        {**TENTH, "value": 2, "metadata": {"plan": ["pro", "team"]}},
    ]  # fmt: skip
    happened: list[Json] = [
        {"metadata": {"productIds": ["x", "team"]}}, {"metadata": {"productId": "solo"}},
        {"metadata": {"plan": "pro", "items": [{"productId": "team"}]}},
    ]  # fmt: skip
    assert await earn(brand, rules, *happened) == [["20.00"], ["2.00"], ["20.00", "4.00"]]


async def test_a_cap_bounds_what_a_partner_earns_in_a_period(brand: Brand) -> None:
    cap = {"amount": "30.00", "currency": "USD", "period": "campaign"}
    invoice = {"value": "200.00"}
    paid = await earn(brand, [TENTH], *[invoice] * 3, commissionCaps=[cap])
    assert paid == [["20.00"], ["10.00"], []]
    # Another partner has a cap of their own; and what is reversed leaves room.
    [second, first] = await commissions(brand)
    await brand.made(f"/commissions/{second['id']}/reverse")
    assert first["amount"] == "20.00"
    await report(brand)
    assert await amounts(brand, status="accrued") == ["10.00 USD", "20.00 USD"]


async def test_what_a_refund_takes_back_leaves_room_under_a_cap(brand: Brand) -> None:
    cap = {"amount": "30.00", "currency": "USD", "period": "month"}
    sale, half = {"value": "200.00", "externalId": "one"}, {"value": "100.00", "corrects": "one"}
    assert await earn(brand, [TENTH], sale, commissionCaps=[cap]) == [["20.00"]]
    await report(brand, type="refund", **half)
    await report(brand)
    assert [one["net"] for one in await commissions(brand)] == ["20.00", "10.00"]


async def test_a_day_of_a_cap_is_the_day_of_the_event(brand: Brand) -> None:
    cap = {"amount": "25.00", "currency": "USD", "period": "day"}
    happened = [{"ts": f"{days_ago(days):%Y-%m-%d}T12:00:00Z"} for days in (5, 5, 4, 5)]
    paid = await earn(brand, [TENTH], *happened, commissionCaps=[cap])
    assert paid == [["20.00"], ["5.00"], ["20.00"], []]


async def test_customers_at_once_never_exceed_a_cap(brand: Brand) -> None:
    cap = {"amount": "50.00", "currency": "USD", "period": "month"}
    links = await three_partners(
        brand, commissionRule=[TENTH], commissionCaps=[cap], attributionModel="linear"
    )
    users = [f"customer-{number}" for number in range(12)]
    for user in users:
        for link in links:
            await visit(brand, link, user, at=days_ago(1))
    await asyncio.gather(*(report(brand, user, value="150.00") for user in users))
    totals: dict[str, float] = {}
    for one in await commissions(brand):
        totals[one["partnerId"]] = totals.get(one["partnerId"], 0) + float(one["amount"])
    assert list(totals.values()) == [50.0, 50.0, 50.0]


async def test_terms_say_what_is_approved_without_a_person(brand: Brand, worker: Worker) -> None:
    automatic = {"approval": {"mode": "automatic", "upTo": "25.00"}}
    await earn(brand, [TENTH], {"value": "250.00"}, {"value": "250.10"}, **automatic)
    # What isn't held back is approved at once.
    assert await amounts(brand, status="approved") == ["25.00 USD"]
    held = {"approval": {"mode": "manual"}, "holdbackDays": 1}
    link = await promotion(brand, commissionRule=TENTH, **held)
    await visit(brand, link, "slow", at=days_ago(1))
    await report(brand, "slow", value="10.00")
    await brand.execute(
        "update commissions set matures_at = now() - interval '1 day' where matures_at is not null"
    )
    await worker.act("commission-auto-approve")
    assert await amounts(brand, status="approved") == ["25.00 USD"]
    assert await amounts(brand, status="accrued") == ["1.00 USD", "25.01 USD"]


async def test_a_partners_own_rules_win_over_a_single_one(brand: Brand) -> None:
    link = await promotion(brand)
    body = {"commissionType": "percent", "commissionValue": 50, "commissionRules": [TENTH, BOUNTY]}
    path = f"/partners/{link['partnerId']}/commission-snapshot"
    answer = await brand.request("PUT", path, json=body)
    assert answer.status_code == 200, answer.text
    snapshot = answer.json()["snapshot"]
    assert [rule["value"] for rule in snapshot["commissionRules"]] == [10, 200]
    assert (snapshot["commissionType"], snapshot["commissionValue"]) == ("percent", 10)
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    assert await amounts(brand) == ["20.00 USD"]


async def test_every_edit_is_a_version_and_commissions_name_theirs(brand: Brand) -> None:
    link = await promotion(brand, commissionRule=[TENTH])
    campaign = {"id": link["campaignId"]}
    await visit(brand, link, at=days_ago(1))
    reported = await report(brand)
    for change in (
        {"commissionRule": [SHARE]}, {"commissionCaps": [{"amount": 5, "period": "day"}]},
        {"approval": {"mode": "manual"}}, {"holdbackDays": 9}, {"approval": None},
    ):  # fmt: skip
        assert (await edit(brand, campaign, **change)).status_code == 200
    listed = (await brand.get(f"/campaigns/{campaign['id']}/terms")).json()["terms"]
    assert len(listed) == 6
    assert [one["current"] for one in listed] == [True] + [False] * 5
    assert [one["grants"] for one in listed] == [0] * 5 + [1]
    assert [one["holdbackDays"] for one in listed[:3]] == [9, 9, None]
    assert [one["approval"] and one["approval"]["mode"] for one in listed[:4]] == [
        None, "manual", "manual", None,
    ]  # fmt: skip
    assert listed[0]["commissionCaps"] == [{"amount": "5.00", "currency": "USD", "period": "day"}]
    [credit] = (await explained(brand, reported))["credits"]
    assert credit["termsId"] == listed[-1]["id"]
    [stored] = await brand.rows("commissions")
    assert str(stored["terms_id"]) == listed[-1]["id"]


@pytest.mark.parametrize(
    "rules",
    [
        [], [TENTH] * 11, [{**TENTH, "trigger": "second"}], [{**TENTH, "trigger": "first"}],
        [{**TENTH, "recurringMonths": 3}], [{**TENTH, "recurring": True, "recurringMonths": 601}],
        [{**TENTH, "recurring": True, "recurringMonths": 0}], [{**TENTH, "value": 101}],
        [{**TENTH, "value": 0}], [{"type": "fixed", "value": 5}], [{**BOUNTY, "value": "0.001"}],
        [{**BOUNTY, "eventTypes": ["x"]}], [{**TENTH, "unknown": 1}], [7], [{"type": "share"}],
        [{**TENTH, "metadata": {"plan": []}}], {"trigger": "every", **TENTH},
    ],
)  # fmt: skip
async def test_rules_that_make_no_sense_are_refused(brand: Brand, rules: Any) -> None:
    refused = await ask_for_campaign(brand, commissionRule=rules)
    assert refusal(refused) == (400, "invalid_body")
    assert list(refused.json()["detail"]["fieldErrors"]) == ["commissionRule"]


@pytest.mark.parametrize(
    "change",
    [
        {"commissionCaps": [{"amount": "0.001", "period": "day"}]},
        {"commissionCaps": [{"amount": 1, "period": "week"}]},
        {"commissionCaps": [{"amount": 1, "period": "day"}, {"amount": 2, "period": "day"}]},
        {"approval": {"mode": "manual", "upTo": 5}},
        {"approval": {"mode": "automatic", "upTo": "1.5", "currency": "JPY"}},
    ],
)
async def test_caps_and_approval_that_make_no_sense_are_refused(brand: Brand, change: Json) -> None:
    assert refusal(await ask_for_campaign(brand, **change)) == (400, "invalid_body")


async def test_how_many_statements_rules_and_caps_take_depends_on_neither_clicks_nor_partners(
    brand: Brand,
) -> None:
    rules = [SHARE, BOUNTY, {**SHARE, "trigger": "subsequent", "recurring": True}]
    cap = {"amount": 5000, "currency": "USD", "period": "month"}
    links = await three_partners(
        brand, attributionModel="linear", commissionRule=rules, commissionCaps=[cap]
    )
    await visit(brand, links[0], "one", at=days_ago(1))
    for number in range(20):
        await visit(brand, links[number % 3], at=days_ago(1 + number / 100))
    counts = {}
    for user in ("warming up", "one", "customer"):
        with statements() as sent:
            await report(brand, user)
        tables = ("events", "identities", "commissions", "decisions", "credits", "advisory")
        counts[user] = sum(any(f" {table}" in line for table in tables) for line in sent)
    # Beside the six of every event: when things began, the partners' lock, and what they earned.
    assert counts["one"] == counts["customer"] <= 9
