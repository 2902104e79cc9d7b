"""Payouts: gathered from what is approved, and paid only once somebody says so."""

import asyncio
from uuid import UUID

import asyncpg
import httpx2
import pytest

from shared.ids import new_id
from tests.conftest import Install
from tests.support.brand import Brand, Json
from tests.support.conversions import (
    commission,
    commissions,
    days_ago,
    promotion,
    report,
    visit,
)
from tests.support.paging import pages
from tests.support.refusals import refusal

FIELDS = {
    "id", "tenantId", "partnerId", "runId", "amount", "currency", "method", "stripeTransferId",
    "status", "approval", "metadata", "createdAt", "completedAt",
}  # fmt: skip


async def approved(brand: Brand, link: Json | None = None, **event: object) -> Json:
    """An approved commission, of this link's partner where one is given."""
    if link is None:
        one = await commission(brand)
    else:
        user = str(new_id())
        await visit(brand, link, user, at=days_ago(1))
        reported = await report(brand, user, **event)
        one = {"id": reported["attribution"]["touches"][0]["commissionId"]}
    changed: Json = (await brand.made(f"/commissions/{one['id']}/approve"))["commission"]
    return changed


async def payouts_of(brand: Brand, partner_id: str) -> list[Json]:
    answer = await brand.get(f"/partners/{partner_id}/payouts")
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["payouts"]
    return found


async def confirm(brand: Brand, payout_id: str, body: Json | None = None) -> httpx2.Response:
    return await brand.post(f"/payouts/{payout_id}/confirm", body)


async def test_a_run_makes_one_payout_for_each_partner_and_currency(brand: Brand) -> None:
    one, other = await promotion(brand), await promotion(brand)
    await approved(brand, one)
    await approved(brand, one, value="12.50")
    await approved(brand, one, value="1000", currency="JPY")
    await approved(brand, other)
    await commission(brand)
    run = await brand.made("/payouts/run")
    assert run["mode"] == "selfhost"
    planned = {(each["partnerId"], each["amount"], each["currency"]) for each in run["payouts"]}
    assert planned == {
        (one["partnerId"], "42.50", "USD"),
        (one["partnerId"], "200", "JPY"),
        (other["partnerId"], "40.00", "USD"),
    }
    assert {(each["method"], each["status"]) for each in run["payouts"]} == {("manual", "pending")}
    assert {each["platformFee"] for each in run["payouts"]} == {None}
    [shown] = await payouts_of(brand, other["partnerId"])
    assert set(shown) == FIELDS
    assert shown["runId"] == run["runId"]
    assert shown["metadata"] == {"runId": run["runId"], "commissionCount": 1}
    assert len(await commissions(brand, status="accrued")) == 1


async def test_m5_a_commission_is_in_one_payout_only(brand: Brand) -> None:
    await approved(brand)
    first, second = await brand.made("/payouts/run"), await brand.made("/payouts/run")
    assert len(first["payouts"]) == 1
    assert second["payouts"] == []
    await approved(brand)
    assert [each["amount"] for each in (await brand.made("/payouts/run"))["payouts"]] == ["40.00"]


async def test_a_partner_has_one_payout_under_way_in_each_currency(brand: Brand) -> None:
    link = await promotion(brand)
    await approved(brand, link)
    [first] = (await brand.made("/payouts/run"))["payouts"]
    await approved(brand, link, value="100")
    await approved(brand, link, value="1000", currency="JPY")
    second = await brand.made("/payouts/run")
    assert [(each["amount"], each["currency"]) for each in second["payouts"]] == [("200", "JPY")]
    [blocked] = second["blocked"]
    assert (blocked["amount"], blocked["reason"]) == ("20.00", "payout_open")
    await confirm(brand, first["payoutId"])
    third = await brand.made("/payouts/run")
    assert [each["amount"] for each in third["payouts"]] == ["20.00"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await brand.execute(
            "insert into payouts (tenant_id, id, partner_id, run_id, amount_minor, currency, method)"
            " values ($1, $2, $3, $2, 1, 'USD', 'manual')",
            brand.tenant_id, new_id(), UUID(link["partnerId"]),
        )  # fmt: skip


async def test_m5_runs_at_once_never_pay_twice(brand: Brand) -> None:
    link = await promotion(brand)
    for _ in range(6):
        await approved(brand, link)
    runs = await asyncio.gather(*(brand.made("/payouts/run") for _ in range(8)))
    planned = [each for run in runs for each in run["payouts"]]
    # One of them finds it all, so that a partner isn't paid in pieces either.
    assert [each["amount"] for each in planned] == ["240.00"]
    assert [each["amount"] for each in await payouts_of(brand, link["partnerId"])] == ["240.00"]


async def test_a_run_is_repeated_under_its_key(brand: Brand) -> None:
    await approved(brand)
    headers = {**brand.headers, "Idempotency-Key": "monday"}
    first = await brand.post("/payouts/run", headers=headers)
    await approved(brand)
    again = await brand.post("/payouts/run", headers=headers)
    assert again.json() == first.json()
    [kept] = await brand.fetch(
        "select expires_at from idempotent_requests where tenant_id = $1 and key = 'monday'",
        brand.tenant_id,
    )
    assert kept["expires_at"] is None


async def test_m6_a_commission_is_paid_only_once_its_payout_is(brand: Brand) -> None:
    one = await approved(brand)
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    [claimed] = await commissions(brand)
    assert (claimed["status"], claimed["payoutId"]) == ("approved", planned["payoutId"])
    assert claimed["paidAt"] is None
    answer = await confirm(brand, planned["payoutId"], {"reference": "bank 4711"})
    payout = answer.json()["payout"]
    assert set(payout) == FIELDS
    assert payout["status"] == "paid"
    assert payout["completedAt"] is not None
    assert payout["metadata"]["reference"] == "bank 4711"
    assert payout["metadata"]["commissionCount"] == 1
    assert await payouts_of(brand, one["partnerId"]) == [payout]
    [paid] = await commissions(brand)
    assert paid["status"] == "paid"
    assert paid["paidAt"] is not None
    for action, code in (("approve", "not_approvable"), ("reverse", "not_reversible")):
        assert refusal(await brand.post(f"/commissions/{one['id']}/{action}")) == (409, code)


async def test_a_payout_is_confirmed_once(brand: Brand) -> None:
    await approved(brand)
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    answers = await asyncio.gather(*(confirm(brand, planned["payoutId"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert refusal(await confirm(brand, planned["payoutId"])) == (409, "not_confirmable")


async def test_an_unknown_payout_is_not_found(brand: Brand, other_brand: Brand) -> None:
    await approved(other_brand)
    [foreign] = (await other_brand.made("/payouts/run"))["payouts"]
    for unknown in (foreign["payoutId"], str(new_id()), "nonsense"):
        assert refusal(await confirm(brand, unknown)) == (404, "not_found")


async def test_a_payout_that_a_machine_sends_is_not_confirmed_by_hand(brand: Brand) -> None:
    await approved(brand)
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    change = "update payouts set method = 'stripe_connect' where id = $1"
    await brand.execute(change, UUID(planned["payoutId"]))
    assert refusal(await confirm(brand, planned["payoutId"])) == (409, "not_confirmable")


async def test_nothing_is_paid_when_the_commissions_no_longer_add_up(brand: Brand) -> None:
    one = await approved(brand)
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    change = "update commissions set claimed_minor = claimed_minor - 1 where id = $1"
    await brand.execute(change, UUID(one["id"]))
    assert refusal(await confirm(brand, planned["payoutId"])) == (409, "commission_set_changed")
    assert {each["status"] for each in await commissions(brand)} == {"approved"}
    assert {each["status"] for each in await payouts_of(brand, one["partnerId"])} == {"pending"}


async def test_a_claimed_commission_cannot_be_reversed(brand: Brand) -> None:
    one = await approved(brand)
    await brand.made("/payouts/run")
    answer = await brand.post(f"/commissions/{one['id']}/reverse")
    assert refusal(answer) == (409, "commission_in_transfer")


async def test_a_run_and_a_reversal_at_once_have_one_outcome(brand: Brand) -> None:
    for _ in range(10):
        one = await approved(brand)
        run, reversal = await asyncio.gather(
            brand.made("/payouts/run"), brand.post(f"/commissions/{one['id']}/reverse")
        )
        claimed = [each["amount"] for each in run["payouts"]]
        if reversal.status_code == 200:
            assert claimed == []
        else:
            assert refusal(reversal) == (409, "commission_in_transfer")
            assert claimed == ["40.00"]


async def test_what_a_partner_earned_before_being_revoked_is_still_paid(brand: Brand) -> None:
    one = await approved(brand)
    await brand.made(f"/partners/{one['partnerId']}/revoke", {"notify": False})
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    assert (planned["partnerId"], planned["amount"]) == (one["partnerId"], "40.00")


@pytest.mark.parametrize(("value", "fee"), [("200.00", "1.20"), ("2.50", "0.02"), ("1.00", "0.01")])
async def test_the_platforms_fee_is_three_percent_on_top(
    empty_install: Install, value: str, fee: str
) -> None:
    """Half up: 3 % of 0.50 is 0.015."""
    http, scratch, settings = await empty_install(
        openpartner_mode="revshare", admin_api_key="an-admin-key-for-tests"
    )
    assert settings.admin_api_key is not None
    tenant = UUID("01900000-0000-7000-8000-000000000001")
    brand = Brand(http, scratch, tenant, "default", settings.admin_api_key.get_secret_value())
    one = await approved(brand, await promotion(brand), value=value)
    run = await brand.made("/payouts/run")
    assert run["mode"] == "revshare"
    [planned] = run["payouts"]
    assert (planned["amount"], planned["platformFee"]) == (one["amount"], fee)
    [payout] = await payouts_of(brand, one["partnerId"])
    assert payout["metadata"]["platformFee"] == fee


async def test_partners_see_their_own_payouts_and_run_none(brand: Brand) -> None:
    link = await promotion(brand)
    for _ in range(3):
        await approved(brand, link)
        [planned] = (await brand.made("/payouts/run"))["payouts"]
        await confirm(brand, planned["payoutId"])
    own = f"/partners/{link['partnerId']}/payouts"
    paged = [page async for page in pages(brand, own, "payouts", limit=2)]
    assert [len(page) for page in paged] == [2, 1]
    everything = [each["id"] for page in paged for each in page]
    assert everything == sorted(everything, reverse=True)
    as_partner = await brand.partner_headers({"id": link["partnerId"]})
    answer = await brand.get(own, headers=as_partner)
    assert len(answer.json()["payouts"]) == 3
    other = await brand.partner()
    foreign = await brand.get(f"/partners/{other['id']}/payouts", headers=as_partner)
    assert refusal(foreign) == (403, "forbidden")
    for path in ("/payouts/run", f"/payouts/{everything[0]}/confirm"):
        assert refusal(await brand.post(path, headers=as_partner)) == (403, "forbidden")
