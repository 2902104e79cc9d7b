"""What a run pays, leaves out, and why; how often it comes; and what people do with it afterwards."""

import csv
import io
from decimal import Decimal
from uuid import UUID

import pytest

from tests.support.brand import Brand, Json, bearer
from tests.support.conversions import commissions, promotion
from tests.support.payouts import Sending, approved, connect
from tests.support.refusals import refusal
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.accounts import onboard
from tests.support.working import Worker

DEFAULTS = {
    "rail": "auto", "thresholdCents": 0, "cadence": "weekly", "thresholds": {},
    "approvalAbove": {}, "frozen": False,
}  # fmt: skip


async def decide(brand: Brand, **settings: object) -> Json:
    return await brand.made("/config/payouts", settings)


async def preview(brand: Brand) -> Json:
    return await brand.made("/payouts/preview")


async def test_payout_settings_change_what_is_named(brand: Brand) -> None:
    assert (await brand.get("/config/payouts")).json() == DEFAULTS
    changed = await decide(brand, rail="manual", thresholdCents=5000, thresholds={"JPY": 9000})
    assert changed == {
        **DEFAULTS, "rail": "manual", "thresholdCents": 5000, "thresholds": {"JPY": "9000"},
    }  # fmt: skip
    assert await decide(brand, cadence="monthly") == {**changed, "cadence": "monthly"}


@pytest.mark.parametrize(
    "wrong", [{"rail": "wire"}, {"thresholdCents": 100_001}, {"thresholdCents": -1},
              {"cadence": "daily"}, {"thresholds": {"XXX": 1}}, {"thresholds": {"JPY": "1.5"}}],
)  # fmt: skip
async def test_settings_that_mean_nothing_are_refused(brand: Brand, wrong: Json) -> None:
    assert refusal(await brand.post("/config/payouts", wrong)) == (400, "invalid_body")


async def test_a_run_does_exactly_what_its_preview_showed(brand: Brand) -> None:
    link, other = await promotion(brand), await promotion(brand)
    await approved(brand, link)
    await approved(brand, other, value="10.00")
    await decide(brand, thresholdCents=500)
    seen = await preview(brand)
    assert [(one["partnerId"], one["amount"], one["commissionCount"]) for one in seen["payouts"]] == [
        (link["partnerId"], "40.00", 1)
    ]  # fmt: skip
    [small] = seen["skipped"]
    assert (small["partnerId"], small["amount"], small["reason"]) == (
        other["partnerId"], "2.00", "below_threshold",
    )  # fmt: skip
    assert small["explanation"].endswith(".")
    assert {one["payoutId"] for one in await commissions(brand)} == {None}
    await approved(brand, link)
    refused = await brand.post("/payouts/run", {"preview": seen["preview"]})
    assert refusal(refused) == (409, "preview_outdated")
    seen = await preview(brand)
    run = await brand.made("/payouts/run", {"preview": seen["preview"]})
    assert [one["amount"] for one in run["payouts"]] == ["80.00"]
    assert (run["skippedBelowThreshold"], run["skipped"]) == (1, seen["skipped"])
    [kept] = (await brand.get("/payouts/runs")).json()["runs"]
    assert (kept["id"], kept["payoutCount"], kept["leftOut"]) == (run["runId"], 1, run["skipped"])


async def test_thresholds_count_in_each_currency(brand: Brand) -> None:
    link = await promotion(brand)
    await approved(brand, link, value="1000", currency="JPY")
    await approved(brand, link, value="100.000", currency="KWD")
    await decide(brand, thresholdCents=10_000)
    seen = await preview(brand)
    assert [(one["amount"], one["currency"]) for one in seen["payouts"]] == [("200", "JPY")]
    await decide(brand, thresholds={"KWD": "20.000", "JPY": "201"})
    seen = await preview(brand)
    assert [(one["amount"], one["currency"]) for one in seen["payouts"]] == [("20.000", "KWD")]


async def test_a_debt_is_shown_and_carried(brand: Brand) -> None:
    link = await promotion(brand)
    await brand.made(
        f"/partners/{link['partnerId']}/adjustments",
        {"kind": "manual", "amount": "-50.00", "currency": "USD", "reason": "Paid twice"},
    )
    [owed] = (await preview(brand))["skipped"]
    assert (owed["amount"], owed["reason"]) == ("-50.00", "debt_carried")
    for _ in range(2):
        await approved(brand, link)
    [payment] = (await preview(brand))["payouts"]
    assert payment["amount"] == "30.00"
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{planned['payoutId']}/confirm")
    assert {one["status"] for one in await commissions(brand)} == {"paid"}


async def test_m7_a_partner_who_is_not_onboarded_gets_no_failed_payout_each_week(
    brand: Brand, stripe_double: StripeDouble
) -> None:
    link = await promotion(brand)
    await approved(brand, link)
    account = await connect(brand, stripe_double, link["partnerId"], payouts=False)
    for _ in range(3):
        run = await brand.made("/payouts/run")
        assert run["payouts"] == []
        [blocked] = run["blocked"]
        assert (blocked["partnerId"], blocked["reason"]) == (
            link["partnerId"], "stripe_onboarding_incomplete",
        )  # fmt: skip
    assert await brand.rows("payouts") == []
    onboard(stripe_double, account)
    await brand.get(f"/partners/{link['partnerId']}/connect/status")
    [payment] = (await preview(brand))["payouts"]
    assert payment["method"] == "stripe_connect"


async def test_a_brand_that_pays_through_stripe_alone_hears_who_has_no_account(
    brand: Brand,
) -> None:
    await approved(brand, await promotion(brand))
    await decide(brand, rail="stripe_connect")
    [blocked] = (await preview(brand))["blocked"]
    assert blocked["reason"] == "stripe_connect_account_missing"
    await decide(brand, rail="auto")
    [payment] = (await preview(brand))["payouts"]
    assert payment["method"] == "manual"


async def test_a_frozen_brand_makes_no_run(brand: Brand) -> None:
    await approved(brand, await promotion(brand))
    await decide(brand, frozen=True)
    assert (await preview(brand))["frozen"] is True
    assert refusal(await brand.post("/payouts/run")) == (409, "payouts_frozen")


@pytest.mark.parametrize(
    ("currency", "value", "sent", "carried", "in_stripes_units"),
    [("ISK", "501.25", "100.00", "0.25", 10_000), ("HUF", "1004.95", "200.00", "0.99", 20_000),
     ("TWD", "500.00", "100.00", None, 10_000), ("UGX", "500", "100", None, 10_000),
     ("JPY", "500", "100", None, 100), ("KWD", "5.020", "1.000", "0.004", 1000)],
)  # fmt: skip
async def test_what_stripe_can_not_send_is_carried_to_the_next_payout(
    brand: Brand, stripe_double: StripeDouble, worker: Worker, currency: str, value: str, sent: str,
    carried: str | None, in_stripes_units: int,
) -> None:  # fmt: skip
    sending = await Sending.at(brand, stripe_double, worker)
    await approved(brand, sending.link, value=value, currency=currency)
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    assert (planned["amount"], planned["carried"]) == (sent, carried)
    await sending.work()
    [transfer] = sending.transfers()
    assert transfer["amount"] == in_stripes_units
    assert await sending.state(planned["payoutId"]) == ("paid", "confirmed")
    left = await brand.get(f"/partners/{sending.partner_id}/balance")
    [balance] = left.json()["balances"]
    assert balance["paid"] == sent
    assert Decimal(balance["available"]) == Decimal(carried or 0)
    seen = await preview(brand)
    assert [one["reason"] for one in seen["skipped"]] == (
        ["below_smallest_unit"] if carried else []
    )
    await sending.over()


async def test_a_second_person_agrees_to_large_payouts(brand: Brand) -> None:
    await approved(brand, await promotion(brand))
    await decide(brand, approvalAbove={"USD": "39.99"})
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    assert planned["approval"] == "wanted"
    path = f"/payouts/{planned['payoutId']}"
    assert refusal(await brand.post(f"{path}/confirm")) == (409, "approval_wanted")
    assert refusal(await brand.post(f"{path}/approve")) == (403, "second_person_needed")
    [stuck] = (await brand.get("/payouts", params={"state": "stuck"})).json()["payouts"]
    assert "second person" in stuck["why"]
    second = (await brand.made("/api-keys", {"label": "Second"}))["plaintext"]
    by_second = bearer(second)
    answer = await brand.post(f"{path}/approve", headers=by_second)
    assert answer.json()["payout"]["approval"] == "given"
    again = await brand.post(f"{path}/approve", headers=by_second)
    assert refusal(again) == (409, "approval_not_wanted")
    await brand.made(f"{path}/confirm")


async def test_what_waits_for_approval_is_not_sent(
    brand: Brand, stripe_double: StripeDouble, worker: Worker
) -> None:
    sending = await Sending.at(brand, stripe_double, worker)
    await decide(brand, approvalAbove={"USD": "10"})
    payout = await sending.planned()
    await sending.work()
    await sending.sweep()
    assert sending.posts() == []
    second = (await brand.made("/api-keys", {"label": "Second"}))["plaintext"]
    await brand.made(f"/payouts/{payout}/approve", headers=bearer(second))
    await sending.work()
    assert await sending.state(payout) == ("paid", "confirmed")
    await sending.over()


async def test_a_payout_by_hand_is_undone_step_by_step(brand: Brand) -> None:
    link = await promotion(brand)
    await approved(brand, link)
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    path = f"/payouts/{planned['payoutId']}"
    await brand.made(f"{path}/confirm", {"reference": "wrong row"})
    undone = await brand.made(f"{path}/undo", {"reason": "Clicked the wrong row"})
    assert (undone["payout"]["status"], undone["payout"]["completedAt"]) == ("pending", None)
    assert {one["status"] for one in await commissions(brand)} == {"approved"}
    await brand.made(f"{path}/confirm")
    await brand.made(f"{path}/undo")
    gone = await brand.made(f"{path}/undo", {"reason": "Not at all"})
    assert (gone["payout"]["status"], gone["payout"]["metadata"]["error"]) == ("failed", "undone")
    assert refusal(await brand.post(f"{path}/undo")) == (409, "not_undoable")
    assert {one["payoutId"] for one in await commissions(brand)} == {None}
    [again] = (await brand.made("/payouts/run"))["payouts"]
    assert again["amount"] == "40.00"
    history = (await brand.get(path)).json()["history"]
    assert [step["action"] for step in history] == [
        "planned", "confirmed", "undone", "confirmed", "undone", "undone",
    ]  # fmt: skip
    assert len({step["actor"] for step in history}) == 1


async def test_what_was_paid_is_not_reopened_beside_another_open_payout(brand: Brand) -> None:
    link = await promotion(brand)
    await approved(brand, link)
    [first] = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{first['payoutId']}/confirm")
    await approved(brand, link)
    await brand.made("/payouts/run")
    answer = await brand.post(f"/payouts/{first['payoutId']}/undo")
    assert refusal(answer) == (409, "payout_open")


async def test_the_bank_file_lists_a_run_and_runs_no_formula(brand: Brand) -> None:
    link = await promotion(brand)
    await brand.execute(
        "update partners set name = '=HYPERLINK(\"https://evil.example\")' where id = $1",
        UUID(link["partnerId"]),
    )
    await approved(brand, link)
    run = await brand.made("/payouts/run")
    answer = await brand.get(f"/payouts/runs/{run['runId']}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["amount"], row["currency"], row["status"]) == ("40.00", "USD", "pending")
    assert row["payoutId"] == run["payouts"][0]["payoutId"]
    assert row["partnerName"].startswith("'=")
    unknown = await brand.get(f"/payouts/runs/{link['partnerId']}.csv")
    assert refusal(unknown) == (404, "not_found")
