"""What-if: other terms, window or model over the past; nothing changes until it is applied, once."""

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from api.features.simulations import service
from tests.support.brand import Brand, Json
from tests.support.campaigns import edit
from tests.support.conversions import (
    click,
    commissions,
    days_ago,
    explained,
    identify,
    report,
    visit,
)
from tests.support.digest import digest
from tests.support.ledger import books, session_of, wrongs
from tests.support.refusals import refusal
from tests.support.waiting import until

TENTH: Json = {"type": "percent", "value": 10, "recurring": True}
RULES: list[Json] = [
    {"trigger": "first", "eventType": "signup", "type": "fixed", "value": 25},
    {"trigger": "subsequent", "eventType": "invoice_paid", "type": "percent", "value": 15},
    {
        "trigger": "every", "eventType": "invoice_paid", "type": "percent", "value": "33.3333",
        "recurring": True, "recurringMonths": 1,
    },
]  # fmt: skip
CAPS: list[Json] = [
    {"amount": "60.00", "currency": "USD", "period": "month"},
    {"amount": "90.00", "currency": "USD", "period": "campaign"},
]


async def history(brand: Brand, **campaign: Any) -> tuple[Json, list[Json]]:
    """Three partners, four customers and a few weeks; the same in every brand. Answers the links."""
    made = await brand.campaign(**{"attributionWindowDays": 25, **campaign})
    links = [await brand.link(await brand.partner(name=f"P{n}"), made) for n in range(3)]
    for user in range(4):
        for number, link in enumerate(links):
            if (user + number) % 4:
                await visit(brand, link, f"user-{user}", at=days_ago(60 - 9 * number - user))
    for number in range(14):
        kind: Json = (
            {"type": "signup", "value": None} if number < 5 else {"value": f"{number * 7}.35"}
        )
        moment = days_ago(45 - 3 * number - 0.5).isoformat()
        await report(brand, f"user-{number % 4}", ts=moment, **kind)
    return made, links


async def simulate(brand: Brand, campaign: Json, **wanted: Any) -> Json:
    answer = await brand.post(f"/campaigns/{campaign['id']}/simulate", {"days": 100, **wanted})
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def apply(brand: Brand, campaign: Json, simulated: Json, **options: Any) -> Any:
    path = f"/campaigns/{campaign['id']}/simulations/{simulated['simulationId']}/apply"
    return await brand.post(path, **options)


async def earnings(brand: Brand) -> dict[str, Decimal]:
    """By the partner's name: all commissions and adjustments."""
    names = {str(row["id"]): row["name"] for row in await brand.rows("partners")}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in await commissions(brand):
        sums[one["partnerName"]] += Decimal(one["amount"])
    for row in await brand.rows("adjustments"):
        sums[names[str(row["partner_id"])]] += Decimal(row["amount_minor"]) / 100
    return {name: amount for name, amount in sums.items() if amount}


@pytest.mark.parametrize(
    ("wanted", "campaign"),
    [
        ({"commissionRule": RULES}, {"commissionRule": RULES}),
        ({"model": "linear"}, {"attributionModel": "linear"}),
        ({"windowDays": 90}, {"attributionWindowDays": 90}),
        (
            {"commissionRule": RULES, "commissionCaps": CAPS, "model": "position", "windowDays": 50},
            {
                "commissionRule": RULES, "commissionCaps": CAPS, "attributionModel": "position",
                "attributionWindowDays": 50,
            },
        ),
    ],
)  # fmt: skip
async def test_a_simulation_is_what_a_real_run_credits_and_applying_it_makes_it_so(
    brand: Brand, other_brand: Brand, wanted: Json, campaign: Json
) -> None:
    made, _ = await history(brand)
    await history(other_brand, **campaign)
    before, real = await earnings(brand), await earnings(other_brand)
    simulated = await simulate(brand, made, **wanted)
    assert simulated["events"] == 14
    assert simulated["changedEvents"] > 0
    foreseen = dict(before)
    for partner in simulated["partners"]:
        assert Decimal(partner["credited"]) == before.get(partner["partnerName"], 0)
        foreseen[partner["partnerName"]] = Decimal(partner["wouldBe"])
    assert {name: amount for name, amount in foreseen.items() if amount} == real
    [total] = simulated["totals"]
    assert Decimal(total["wouldBe"]) == sum(real.values())
    applied = (await apply(brand, made, simulated)).json()
    assert await earnings(brand) == real
    assert await wrongs(brand) == []
    assert applied["changedEvents"] == simulated["changedEvents"]
    # What was applied is what was credited from now on.
    again = await simulate(brand, made, **wanted)
    assert (again["changedEvents"], again["partners"]) == (0, [])


async def test_the_same_terms_change_nothing(brand: Brand) -> None:
    made, links = await history(brand)
    simulated = await simulate(brand, made)
    assert (simulated["changedEvents"], simulated["partners"], simulated["sample"]) == (0, [], [])
    # Nor do clicks that became known after the events were credited.
    for user in range(4):
        await identify(brand, await click(brand, links[0], at=days_ago(46)), f"user-{user}")
    assert (await simulate(brand, made))["partners"] == []


async def test_a_simulation_changes_nothing_but_its_own_record(brand: Brand) -> None:
    made, _ = await history(brand)
    connection = await brand.scratch.connect()
    try:
        before = await digest(connection, brand.tenant_id)
        simulated = await simulate(brand, made, commissionRule=RULES, model="linear")
        after = await digest(connection, brand.tenant_id)
    finally:
        await connection.close()
    changed = {table for table in after if after[table] != before.get(table)}
    assert changed - {"api_keys"} == {"simulations"}
    path = f"/campaigns/{made['id']}/simulations/{simulated['simulationId']}"
    assert (await brand.get(path)).json() == simulated
    for event in simulated["sample"]:
        assert event["credited"] != event["wouldBe"]
        stored = await explained(brand, event)
        assert event["sentence"] == stored["sentence"]
        assert "linear model" in event["wouldBeSentence"]


async def test_a_simulation_is_applied_once_whoever_asks_how_often(brand: Brand) -> None:
    made, _ = await history(brand)
    simulated = await simulate(brand, made, commissionRule=TENTH)
    answers = await asyncio.gather(*(apply(brand, made, simulated) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {refusal(one)[1] for one in answers if one.status_code == 409} == {"simulation_applied"}
    booked = await brand.rows("adjustments")
    assert refusal(await apply(brand, made, simulated)) == (409, "simulation_applied")
    assert await brand.rows("adjustments") == booked
    assert sum((await books(brand)).values()) == 0
    # With a key, the first answer comes again.
    second = await simulate(brand, made, commissionRule={**TENTH, "value": 5})
    headers = {**brand.headers, "Idempotency-Key": "apply-1"}
    first = await apply(brand, made, second, headers=headers)
    repeated = await apply(brand, made, second, headers=headers)
    assert (repeated.status_code, repeated.json()) == (200, first.json())


async def test_a_simulation_that_shows_what_was_is_not_applied(brand: Brand) -> None:
    made, links = await history(brand)
    simulated = await simulate(brand, made, commissionRule=TENTH)
    late = await click(brand, links[0], at=days_ago(50))
    await report(brand, "somebody", ts=days_ago(40).isoformat())
    other = await simulate(brand, made, commissionRule=TENTH)
    await identify(brand, late, "somebody")
    assert (await apply(brand, made, simulated)).status_code == 200
    assert refusal(await apply(brand, made, other)) == (409, "simulation_outdated")
    [row] = [
        row for row in await brand.rows("simulations") if str(row["id"]) == other["simulationId"]
    ]
    assert row["applied_at"] is None


async def test_what_a_simulation_credited_is_not_credited_again_by_a_late_identity(
    brand: Brand,
) -> None:
    made = await brand.campaign(attributionWindowDays=5)
    first, second = [await brand.link(await brand.partner(), made) for _ in range(2)]
    await visit(brand, first, at=days_ago(20))
    await report(brand, ts=days_ago(4).isoformat())
    simulated = await simulate(brand, made, windowDays=30)
    assert (await apply(brand, made, simulated)).json()["adjustments"] == [
        {"partnerId": first["partnerId"], "amount": "40.00", "currency": "USD"}
    ]
    cref = await click(brand, second, at=days_ago(6))
    assert (await identify(brand, cref))["backfilledAttributions"] == 0
    assert await commissions(brand) == []


async def test_a_partner_with_a_deal_of_their_own_keeps_it(brand: Brand) -> None:
    made, links = await history(brand)
    own = {"commissionType": "percent", "commissionValue": 50}
    path = f"/partners/{links[2]['partnerId']}/commission-snapshot"
    assert (await brand.request("PUT", path, json=own)).status_code == 200
    await visit(brand, links[2], "loyal", at=days_ago(3))
    await report(brand, "loyal", value="100.00")
    simulated = await simulate(brand, made, days=2, commissionRule=TENTH)
    assert links[2]["partnerId"] not in {one["partnerId"] for one in simulated["partners"]}


async def test_a_refund_shrinks_what_was_applied_too(brand: Brand) -> None:
    made = await brand.campaign()
    link = await brand.link(await brand.partner(), made)
    await visit(brand, link, at=days_ago(3))
    await report(brand, externalId="order-1")
    simulated = await simulate(brand, made, commissionRule={**TENTH, "value": 30})
    assert (await apply(brand, made, simulated)).status_code == 200
    await report(brand, type="refund", corrects="order-1", value="100.00", externalId="r1")
    assert sum(row["amount_minor"] for row in await brand.rows("adjustments")) == 1000
    await report(brand, type="refund", corrects="order-1", value="100.00", externalId="r2")
    assert await books(brand) == {}


async def test_a_refund_that_comes_while_a_simulation_is_applied_shrinks_it_too(
    brand: Brand,
) -> None:
    made = await brand.campaign()
    await visit(brand, await brand.link(await brand.partner(), made), at=days_ago(3))
    await report(brand, externalId="order-1")
    simulated = await simulate(brand, made, commissionRule={**TENTH, "value": 30})
    back = {"type": "refund", "corrects": "order-1", "value": "100.00", "externalId": "back"}

    async def waits() -> bool:
        found = await brand.fetch(
            "select from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        return bool(found) or refund.done()

    async with session_of(brand) as session:
        await service.apply(session, UUID(made["id"]), simulated["simulationId"])
        refund = asyncio.create_task(report(brand, **back))
        await until(waits)
    await refund
    assert await books(brand) == {"pending": 2000, "available": 1000, "expense": -3000}
    assert await wrongs(brand) == []


async def test_edits_afterwards_do_not_change_what_is_applied(brand: Brand) -> None:
    made, _ = await history(brand)
    simulated = await simulate(brand, made, commissionRule=TENTH)
    await edit(brand, made, name="Renamed")
    assert (await apply(brand, made, simulated)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, {"days": 0}, {"days": 366}, {"days": 1.5}, {"days": 9, "model": "markov"},
        {"days": 9, "windowDays": 0}, {"days": 9, "commissionRule": []}, {"days": 9, "x": 1},
    ],
)  # fmt: skip
async def test_a_simulation_that_makes_no_sense_is_refused(brand: Brand, body: Json) -> None:
    made = await brand.campaign()
    answer = await brand.post(f"/campaigns/{made['id']}/simulate", body)
    assert refusal(answer) == (400, "invalid_body")


async def test_simulations_belong_to_their_campaign_and_brand(
    brand: Brand, other_brand: Brand
) -> None:
    made, other = await brand.campaign(), await brand.campaign()
    simulated = await simulate(brand, made)
    assert refusal(await apply(brand, other, simulated)) == (404, "simulation_not_found")
    assert refusal(await apply(other_brand, made, simulated)) == (404, "simulation_not_found")
    path = f"/campaigns/{made['id']}/simulate"
    assert refusal(await other_brand.post(path, {"days": 9})) == (404, "not_found")
    as_partner = await brand.partner_headers(await brand.partner())
    assert refusal(await brand.post(path, {"days": 9}, headers=as_partner)) == (403, "forbidden")
