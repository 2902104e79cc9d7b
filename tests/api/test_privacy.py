"""People who want to be forgotten, and sums that stay as they were."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.conversions import (
    amounts,
    click,
    explained,
    identify,
    promotion,
    report,
    visit,
)
from tests.support.figures import shown
from tests.support.refusals import refusal


async def everything_about(brand: Brand, *names: str) -> list[str]:
    """Tables in which a name still stands, wherever it may be written."""
    tables = await brand.fetch(
        "select distinct c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where a.attname = 'tenant_id' and c.relkind in ('r', 'p') and not c.relispartition"
        " and c.relnamespace = 'public'::regnamespace"
    )
    found = []
    for table in (row["relname"] for row in tables):
        rows = [str(dict(row)) for row in await brand.rows(table)]
        found += [table for row in rows if any(name in row for name in names)]
    return found


async def test_an_erased_customer_is_nowhere_and_the_sums_stay(brand: Brand) -> None:
    link = await promotion(brand)
    cref = await visit(brand, link, "ada-42")
    await report(brand, "ada-42", metadata={"email": "ada@example.com"}, externalId="invoice-1")
    await visit(brand, link, "bob")
    await report(brand, "bob")
    before = await shown(brand, f"/partners/{link['partnerId']}/dashboard")
    erased = await brand.made("/privacy/erase", {"userId": "ada-42"})
    assert {name: erased[name] for name in ("identities", "events", "clicks", "commissions")} == {
        "identities": 1, "events": 1, "clicks": 1, "commissions": 1,
    }  # fmt: skip
    assert erased["pseudonym"].startswith("erased-")
    # The trail, too, says that somebody was erased, and not who.
    assert await everything_about(brand, "ada-42", "ada@example.com") == []
    after = await shown(brand, f"/partners/{link['partnerId']}/dashboard")
    assert {**after, "since": ""} == {**before, "since": ""}
    assert await amounts(brand) == ["40.00 USD", "40.00 USD"]
    [stored] = [row for row in await brand.rows("clicks") if str(row["id"]) == cref]
    assert (stored["ip_hash"], stored["user_agent"], stored["referer"]) == (None, None, None)
    [entry] = [row for row in await brand.rows("audit_entries") if row["action"] == "erase_person"]
    assert erased["pseudonym"] in entry["details"]


async def test_a_report_that_is_repeated_is_not_paid_again(brand: Brand) -> None:
    await visit(brand, await promotion(brand), "ada")
    sale = {"externalId": "invoice-1"}
    await report(brand, "ada", **sale)
    await brand.made("/privacy/erase", {"userId": "ada"})
    again = await brand.post(
        "/attribution/events", {"userId": "ada", "type": "invoice_paid", "value": "200.00", **sale}
    )
    assert refusal(again) == (422, "idempotency_key_reused")
    assert await amounts(brand) == ["40.00 USD"]


@pytest.mark.parametrize("known", ["id", "event"])
async def test_an_address_finds_every_id_of_its_owner(brand: Brand, known: str) -> None:
    link = await promotion(brand)
    user = "Ada@Example.com" if known == "id" else "customer-1"
    metadata = {} if known == "id" else {"billing": {"mails": ["ADA@example.com"]}}
    await visit(brand, link, user)
    await report(brand, user, metadata=metadata)
    erased = await brand.made("/privacy/erase", {"email": "ada@example.com"})
    assert (erased["identities"], erased["events"]) == (1, 1)
    assert await everything_about(brand, user, "ADA@") == []


async def test_an_explanation_is_still_given(brand: Brand) -> None:
    await visit(brand, await promotion(brand), "ada")
    reported = await report(brand, "ada")
    await brand.made("/privacy/erase", {"userId": "ada"})
    assert (await explained(brand, reported))["status"] == "attributed"


async def test_nobody_is_erased_in_another_workspace(brand: Brand, other_brand: Brand) -> None:
    await identify(other_brand, await click(other_brand, await promotion(other_brand)), "ada")
    assert refusal(await brand.post("/privacy/erase", {"userId": "ada"})) == (
        404,
        "person_not_found",
    )
    [kept] = await other_brand.rows("identities")
    assert kept["user_id"] == "ada"


@pytest.mark.parametrize("body", [{}, {"userId": None}, {"email": "nobody"}])
async def test_somebody_has_to_be_named(brand: Brand, body: Json) -> None:
    assert refusal(await brand.post("/privacy/erase", body)) == (400, "invalid_body")


async def test_a_ledger_still_verifies_after_an_erasure(brand: Brand) -> None:
    await visit(brand, await promotion(brand), "ada")
    await report(brand, "ada")
    before = await brand.rows("ledger_entries")
    await brand.made("/privacy/erase", {"userId": "ada"})
    assert before
    assert await brand.rows("ledger_entries") == before


async def test_retention_is_the_shorter_of_both(
    empty_install: Callable[..., Awaitable[Any]],
) -> None:
    key = "k" * 20
    http, _, _ = await empty_install(click_retention_months=24, admin_api_key=key)
    headers = {"Authorization": f"Bearer {key}"}
    for own, kept in ((None, 24), (36, 24), (13, 13)):
        body = {"clickRetentionMonths": own}
        answer = await http.post("/api/config/privacy", json=body, headers=headers)
        assert answer.json() == {
            "clickRetentionMonths": own, "installationMonths": 24, "clicksKeptMonths": kept,
        }  # fmt: skip
    answer = await http.post(
        "/api/config/privacy", json={"clickRetentionMonths": 12}, headers=headers
    )
    assert refusal(answer) == (400, "invalid_body")


async def test_a_campaigns_tracking_is_changed_by_what_is_named(brand: Brand) -> None:
    campaign = await brand.campaign()
    path = f"/campaigns/{campaign['id']}/tracking"
    usual = {"passParameters": "none", "cookies": "always", "paidAds": True}
    assert await shown(brand, path) == usual
    changed = await brand.made(path, {"cookies": "opt_in"})
    assert changed == await shown(brand, path) == {**usual, "cookies": "opt_in"}
    unknown = f"/campaigns/{new_id()}/tracking"
    assert refusal(await brand.get(unknown)) == (404, "campaign_not_found")
    assert refusal(await brand.post(unknown, {"cookies": "never"})) == (404, "campaign_not_found")
