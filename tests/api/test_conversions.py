"""Conversions: clicks become customers, and customers do something."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from shared.ids import new_id
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.conversions import (
    amounts,
    click,
    commissions,
    days_ago,
    identify,
    promotion,
    report,
    visit,
)
from tests.support.refusals import refusal

PAID = {"userId": "customer", "type": "invoice_paid", "value": "200.00"}


async def events(brand: Brand) -> list[Any]:
    return await brand.fetch("select * from events where tenant_id = $1", brand.tenant_id)


async def test_twenty_percent_of_200_is_40(brand: Brand) -> None:
    link = await promotion(brand)
    cref = await visit(brand, link, at=days_ago(1))
    reported = await report(brand, metadata={"plan": "team"}, ts=days_ago(0.5).isoformat())
    assert set(reported) == {"ok", "eventId", "replayed", "attribution", "correction"}
    assert reported["ok"] is True
    assert reported["replayed"] is False
    assert reported["attribution"]["status"] == "attributed"
    assert reported["attribution"]["model"] == "last_click"
    [touch] = reported["attribution"]["touches"]
    assert touch["clickId"] == cref
    assert touch["partnerId"] == link["partnerId"]
    assert touch["weight"] == 1
    [earned] = [one for one in await commissions(brand) if one["id"] == touch["commissionId"]]
    assert earned["amount"] == "40.00"
    assert earned["currency"] == "USD"
    assert earned["attributionId"] == touch["attributionId"]


@pytest.mark.parametrize(
    ("value", "currency", "earned"),
    [
        ("200.00", "USD", ["40.00 USD"]),
        (200, "EUR", ["40.00 EUR"]),
        (19.99, "eur", ["4.00 EUR"]),
        ("1234", "JPY", ["247 JPY"]),
        ("1.234", "KWD", ["0.247 KWD"]),
        ("0.02", "USD", []),
        ("0", "USD", []),
        (None, "USD", []),
    ],
)
async def test_every_currency_has_its_own_decimals(
    brand: Brand, value: Any, currency: str, earned: list[str]
) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    await report(brand, value=value, currency=currency)
    assert await amounts(brand) == earned


async def test_a_click_is_identified_once(brand: Brand) -> None:
    cref = await click(brand, await promotion(brand))
    first = await identify(brand, cref, "  ann  ")
    assert first == {
        "ok": True,
        "identityId": first["identityId"],
        "firstStitch": True,
        "backfilledAttributions": 0,
        "proposed": False,
    }
    assert await identify(brand, cref.upper(), "ann") == {**first, "firstStitch": False}
    another = await identify(brand, cref, "bob")
    assert another["firstStitch"] is True
    assert another["identityId"] != first["identityId"]


async def test_browsers_identify_without_a_key_and_from_any_origin(
    brand: Brand, http: httpx2.AsyncClient
) -> None:
    cref = await click(brand, await promotion(brand))
    answer = await http.post(
        f"/api/t/{brand.slug}/attribution/identify",
        # As the browser package sends it, which knows the time in milliseconds.
        json={"cref": cref, "userId": "ann", "ts": 1795343547668},
        headers={"Origin": "https://any.example"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (await http.post("/api/attribution/identify", json={})).status_code == 400


async def test_a_single_installation_needs_no_slug_either(empty_install: Install) -> None:
    http, _, _ = await empty_install()
    unknown = {"cref": str(new_id()), "userId": "ann"}
    answer = await http.post("/api/attribution/identify", json=unknown)
    assert refusal(answer) == (404, "click_not_found")


async def test_a_click_is_identified_only_by_its_own_tenant(
    brand: Brand, other_brand: Brand
) -> None:
    cref = await click(brand, await promotion(brand))
    for unknown in (cref, str(new_id()), "nonsense", cref[:-1], "x" * 255):
        body = {"cref": unknown, "userId": "ann"}
        answer = await other_brand.post("/attribution/identify", body)
        assert refusal(answer) == (404, "click_not_found")
    assert await brand.fetch("select 1 from identities where click_id = $1::uuid", cref) == []


async def test_a_late_identity_credits_the_backlog_once_and_oldest_first(brand: Brand) -> None:
    rule = {"type": "percent", "value": 20, "recurring": False}
    link = await promotion(brand, commissionRule=rule)
    cref = await click(brand, link, at=days_ago(10))
    await report(brand, value="300.00", ts=days_ago(1).isoformat())
    await report(brand, value="100.00", ts=days_ago(5).isoformat())
    await report(brand, value="999.00", ts=days_ago(11).isoformat())
    await report(brand, user="somebody else", value="500.00")
    assert (await identify(brand, cref))["backfilledAttributions"] == 2
    # These terms pay once for a customer: for what they did first, however late we heard of it.
    assert await amounts(brand) == ["20.00 USD"]
    assert (await identify(brand, cref))["backfilledAttributions"] == 0
    assert await amounts(brand) == ["20.00 USD"]


async def test_the_backlog_may_be_longer_than_a_batch(
    brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.features.attribution.service.BATCH", 3)
    cref = await click(brand, await promotion(brand), at=days_ago(10))
    same_moment = days_ago(1).isoformat()
    for _ in range(8):
        await report(brand, ts=same_moment)
    assert (await identify(brand, cref))["backfilledAttributions"] == 8
    assert await amounts(brand) == ["40.00 USD"] * 8


async def test_m20_external_ids_of_two_tenants_do_not_meet(
    brand: Brand, other_brand: Brand
) -> None:
    first = await report(brand, externalId="order-1")
    second = await report(other_brand, externalId="order-1", value="7.00")
    assert second["replayed"] is False
    assert first["eventId"] != second["eventId"]


async def test_m21_the_same_external_id_is_the_same_event(brand: Brand) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    first = await report(brand, externalId="order-1")
    again = await report(brand, value=200, currency="usd", externalId=" order-1 ")
    assert again == {**first, "replayed": True}
    assert await amounts(brand) == ["40.00 USD"]
    for change in ({"value": "200.01"}, {"userId": "eve"}, {"currency": "EUR"}, {"type": "signup"},
                   {"metadata": {"a": 1}}, {"ts": days_ago(1).isoformat()}):  # fmt: skip
        other = {**PAID, "externalId": "order-1", **change}
        answer = await brand.post("/attribution/events", other)
        assert refusal(answer) == (422, "idempotency_key_reused")
    assert len(await events(brand)) == 1


async def test_m21_an_idempotency_key_does_the_same(brand: Brand) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    headers = {**brand.headers, "Idempotency-Key": "zap-1"}
    first = await brand.post("/attribution/events", PAID, headers=headers)
    again = await brand.post("/attribution/events", PAID, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await brand.post("/attribution/events", {**PAID, "value": 1}, headers=headers)
    assert refusal(other) == (422, "idempotency_key_reused")
    assert await amounts(brand) == ["40.00 USD"]


async def test_m21_fifty_identical_events_give_one_commission(brand: Brand) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    answers = await asyncio.gather(*(report(brand, externalId="order-1") for _ in range(50)))
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 49
    assert len({json.dumps({**answer, "replayed": None}) for answer in answers}) == 1
    assert await amounts(brand) == ["40.00 USD"]


async def test_an_identity_and_an_event_at_once_give_one_commission_each(brand: Brand) -> None:
    link = await promotion(brand)
    users = [f"customer-{number}" for number in range(12)]
    crefs = [await click(brand, link, at=days_ago(1)) for _ in users]
    reports = [report(brand, user) for user in users]
    identities = [identify(brand, cref, user) for cref, user in zip(crefs, users, strict=True)]
    both = zip(reports, identities, strict=True)
    await asyncio.gather(*(step for pair in both for step in pair))
    assert await amounts(brand) == ["40.00 USD"] * len(users)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("userId", {"userId": ""}),
        ("userId", {"userId": "x" * 256}),
        ("userId", {"userId": 7}),
        ("type", {"type": None}),
        ("value", {"value": -1}),
        ("value", {"value": "12.345"}),
        ("value", {"value": "0.5", "currency": "JPY"}),
        ("value", {"value": "1e400"}),
        ("value", {"value": "1e-400"}),
        ("value", {"value": "NaN"}),
        ("value", {"value": True}),
        ("currency", {"currency": "XXX"}),
        ("currency", {"currency": "DOLLARS"}),
        ("currency", {"currency": None}),
        ("metadata", {"metadata": [1]}),
        ("ts", {"ts": "2026-11-01T12:00:00"}),
        ("ts", {"ts": "yesterday"}),
        ("ts", {"ts": days_ago(-0.01).isoformat()}),
        ("externalId", {"externalId": ""}),
        ("amount", {"amount": "200.00"}),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_field(
    brand: Brand, field: str, change: dict[str, Any]
) -> None:
    answer = await brand.post("/attribution/events", {**PAID, **change})
    assert refusal(answer) == (400, "invalid_body")
    assert list(answer.json()["detail"]["fieldErrors"]) == [field]
    assert await events(brand) == []


async def test_clocks_may_differ_by_five_minutes(brand: Brand) -> None:
    await report(brand, ts=days_ago(-4 / 24 / 60).isoformat())
    assert len(await events(brand)) == 1


async def test_only_admins_and_integrations_report_events(brand: Brand) -> None:
    partner = await brand.partner()
    path = "/attribution/events"
    integration = await brand.scoped_headers("events:write")
    assert (await brand.post(path, PAID, headers=integration)).status_code == 200
    other = await brand.scoped_headers("partners:read", "commissions:read")
    assert refusal(await brand.post(path, PAID, headers=other)) == (403, "forbidden_scope")
    as_partner = await brand.partner_headers(partner)
    assert refusal(await brand.post(path, PAID, headers=as_partner)) == (403, "forbidden")
