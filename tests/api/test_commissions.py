"""Commissions: listed, approved when they are mature, reversed while they can be."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.conversions import (
    amounts,
    commission,
    commissions,
    days_ago,
    promotion,
    report,
    visit,
)
from tests.support.paging import pages
from tests.support.refusals import refusal
from tests.support.working import Worker

FIELDS = {
    "id", "tenantId", "attributionId", "eventId", "eventType", "userId", "partnerId", "partnerName",
    "campaignId", "campaignName", "amount", "currency", "status", "holdbackDays", "matureAt",
    "accruedAt", "approvedAt", "paidAt", "reversedAt", "payoutId", "clawedBack", "held", "net",
    "reversedBy", "reversalReason",
}  # fmt: skip


async def act(brand: Brand, one: Json, action: str) -> httpx2.Response:
    return await brand.post(f"/commissions/{one['id']}/{action}")


async def now_is(brand: Brand, one: Json) -> Json:
    [found] = [each for each in await commissions(brand) if each["id"] == one["id"]]
    return found


async def held_back(brand: Brand, days: int = 7) -> Json:
    return await commission(brand, holdbackDays=days)


async def let_time_pass(brand: Brand) -> None:
    """As if every holdback of the brand had just ended."""
    await brand.execute(
        "update commissions set matures_at = now() where tenant_id = $1 and matures_at is not null",
        brand.tenant_id,
    )


async def test_a_commission_shows_whose_it_is_and_where_it_comes_from(brand: Brand) -> None:
    link = await promotion(brand, name="Spring", holdbackDays=7)
    await visit(brand, link, "ann", at=days_ago(1))
    reported = await report(brand, "ann")
    [one] = await commissions(brand)
    assert set(one) == FIELDS
    assert one["eventId"] == reported["eventId"]
    assert (one["eventType"], one["userId"]) == ("invoice_paid", "ann")
    assert (one["partnerId"], one["partnerName"]) == (link["partnerId"], "Pat Partner")
    assert (one["campaignId"], one["campaignName"]) == (link["campaignId"], "Spring")
    assert (one["amount"], one["currency"], one["status"]) == ("40.00", "USD", "accrued")
    accrued, mature = (datetime.fromisoformat(one[at]) for at in ("accruedAt", "matureAt"))
    assert one["holdbackDays"] == 7
    assert mature - accrued == timedelta(days=7)


async def test_holdback_counts_from_the_report_however_old_the_event(brand: Brand) -> None:
    link = await promotion(brand, holdbackDays=7)
    await visit(brand, link, at=days_ago(40))
    await report(brand, ts=days_ago(30).isoformat())
    [one] = await commissions(brand)
    assert datetime.fromisoformat(one["matureAt"]) > days_ago(-6.9)


@pytest.mark.parametrize("days", [None, 0])
async def test_without_holdback_nothing_is_awaited(brand: Brand, days: int | None) -> None:
    one = await commission(brand, holdbackDays=days)
    assert (one["holdbackDays"], one["matureAt"]) == (days, None)
    assert (await act(brand, one, "approve")).status_code == 200


async def test_lists_are_paged_and_filtered(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    for _ in range(5):
        await report(brand)
    everything = await commissions(brand)
    await act(brand, everything[1], "approve")
    await act(brand, everything[2], "reverse")
    paged = [page async for page in pages(brand, "/commissions", "commissions", limit=2)]
    assert [len(page) for page in paged] == [2, 2, 1]
    assert [one["id"] for page in paged for one in page] == [one["id"] for one in everything]
    for status, count in {"accrued": 3, "approved": 1, "reversed": 1, "paid": 0}.items():
        assert len(await commissions(brand, status=status)) == count
    own = f"/partners/{link['partnerId']}/commissions"
    found = (await brand.get(own, params={"status": "accrued", "limit": 500})).json()
    assert len(found["commissions"]) == 3
    answer = await brand.get("/commissions", params={"status": "lost"})
    assert refusal(answer) == (400, "invalid_query")


async def test_partners_see_their_own_and_not_who_the_customers_are(
    brand: Brand, other_brand: Brand
) -> None:
    mine, other = await commission(brand), await commission(brand)
    as_partner = await brand.partner_headers({"id": mine["partnerId"]})
    own = await brand.get(f"/partners/{mine['partnerId']}/commissions", headers=as_partner)
    assert own.json()["commissions"] == [{**mine, "userId": None}]
    for path in ("/commissions", f"/partners/{other['partnerId']}/commissions"):
        assert refusal(await brand.get(path, headers=as_partner)) == (403, "forbidden")
    approve = await brand.post(f"/commissions/{mine['id']}/approve", headers=as_partner)
    assert refusal(approve) == (403, "forbidden")
    foreign = await other_brand.get(f"/partners/{mine['partnerId']}/commissions")
    assert refusal(foreign) == (404, "partner_not_found")
    assert await commissions(other_brand) == []


async def test_x14_an_integration_with_the_scope_reads_commissions(brand: Brand) -> None:
    one = await commission(brand)
    scoped = await brand.scoped_headers("commissions:read")
    for path in ("/commissions", f"/partners/{one['partnerId']}/commissions"):
        assert (await brand.get(path, headers=scoped)).json()["commissions"] == [one]
    other = await brand.scoped_headers("events:write")
    assert refusal(await brand.get("/commissions", headers=other)) == (403, "forbidden_scope")
    approve = await brand.post(f"/commissions/{one['id']}/approve", headers=scoped)
    assert refusal(approve) == (403, "forbidden_scope")


async def test_a_commission_is_approved_once(brand: Brand) -> None:
    one = await commission(brand)
    approved = (await act(brand, one, "approve")).json()["commission"]
    assert approved == {**one, "status": "approved", "approvedAt": approved["approvedAt"]}
    assert approved["approvedAt"] is not None
    assert refusal(await act(brand, one, "approve")) == (409, "not_approvable")


async def test_what_was_reversed_stays_so(brand: Brand) -> None:
    for before in ((), ("approve",)):
        one = await commission(brand)
        for step in (*before, "reverse"):
            assert (await act(brand, one, step)).status_code == 200
        ended = await now_is(brand, one)
        assert ended["status"] == "reversed"
        assert ended["reversedAt"] is not None
        assert refusal(await act(brand, one, "reverse")) == (409, "not_reversible")
        assert refusal(await act(brand, one, "approve")) == (409, "not_approvable")


@pytest.mark.parametrize("action", ["approve", "reverse"])
async def test_an_unknown_commission_is_not_found(
    brand: Brand, other_brand: Brand, action: str
) -> None:
    one = await commission(other_brand)
    for unknown in (one["id"], new_id(), "nonsense"):
        answer = await brand.post(f"/commissions/{unknown}/{action}")
        assert refusal(answer) == (404, "not_found")
    assert (await now_is(other_brand, one))["status"] == "accrued"


async def test_m12_holdback_is_what_the_list_shows(brand: Brand) -> None:
    """The partner's own terms say 30 days, their campaign none."""
    campaign = await brand.campaign()
    agreed = {"commissionType": "percent", "commissionValue": 20, "holdbackDays": 30}
    partner = await brand.partner(campaignIds=[campaign["id"]], commissionSnapshot=agreed)
    await visit(brand, await brand.link(partner, campaign), at=days_ago(1))
    await report(brand)
    # Nor does a later edit of the campaign count.
    await brand.request("PATCH", f"/campaigns/{campaign['id']}", json={"holdbackDays": 1})
    [one] = await commissions(brand)
    assert one["holdbackDays"] == 30
    refused = await act(brand, one, "approve")
    assert refusal(refused) == (409, "holdback_active")
    assert refused.json()["matureAt"] == one["matureAt"]
    assert refused.json()["holdbackDays"] == 30
    await let_time_pass(brand)
    assert (await act(brand, one, "approve")).status_code == 200


async def test_m11_what_has_matured_is_approved_by_itself(brand: Brand, worker: Worker) -> None:
    held, reversed_one = await held_back(brand), await held_back(brand)
    unheld = await commission(brand)
    await act(brand, reversed_one, "reverse")
    assert await worker.act("commission-auto-approve") == 0
    assert (await now_is(brand, held))["status"] == "accrued"
    await let_time_pass(brand)
    assert await worker.act("commission-auto-approve") == 0
    approved = await now_is(brand, held)
    assert approved["status"] == "approved"
    assert approved["approvedAt"] is not None
    assert (await now_is(brand, reversed_one))["status"] == "reversed"
    assert (await now_is(brand, unheld))["status"] == "accrued"
    assert await worker.act("commission-auto-approve") == 0
    assert await now_is(brand, held) == approved


async def test_approve_and_reverse_at_once_have_one_outcome(brand: Brand) -> None:
    for _ in range(10):
        one = await commission(brand)
        approval, reversal = await asyncio.gather(
            act(brand, one, "approve"), act(brand, one, "reverse")
        )
        assert reversal.status_code == 200
        ended = await now_is(brand, one)
        assert ended["status"] == "reversed"
        if approval.status_code == 200:
            assert ended["approvedAt"] is not None
        else:
            assert refusal(approval) == (409, "not_approvable")
            assert ended["approvedAt"] is None


async def test_twelve_approvals_at_once_are_one(brand: Brand) -> None:
    one = await commission(brand)
    answers = await asyncio.gather(*(act(brand, one, "approve") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11


async def test_an_approval_is_repeated_under_its_key(brand: Brand) -> None:
    one = await commission(brand)
    headers = {**brand.headers, "Idempotency-Key": "approve-1"}
    path = f"/commissions/{one['id']}/approve"
    answers: list[Any] = [await brand.post(path, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


async def test_amounts_of_several_currencies_stand_apart(brand: Brand) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    for value, currency in (("200.00", "USD"), ("99.99", "EUR"), ("1000", "JPY"), ("5", "KWD")):
        await report(brand, value=value, currency=currency)
    assert await amounts(brand) == ["1.000 KWD", "20.00 EUR", "200 JPY", "40.00 USD"]
