"""When brands' runs come by themselves, and what hosted brands can't pay for."""

from datetime import datetime

import pytest

from api.features.payout_settings.for_others import PayoutSettings
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.conftest import Install
from tests.support.brand import Brand, Json
from tests.support.conversions import promotion
from tests.support.payouts import approved, connect
from tests.support.refusals import refusal
from tests.support.stripe_double import StripeDouble
from tests.support.working import Worker

DEFAULTS = {
    "rail": "auto", "thresholdCents": 0, "cadence": "weekly", "thresholds": {},
    "approvalAbove": {}, "frozen": False,
}  # fmt: skip


async def decide(brand: Brand, **settings: object) -> Json:
    return await brand.made("/config/payouts", settings)


async def preview(brand: Brand) -> Json:
    return await brand.made("/payouts/preview")


@pytest.fixture
async def monday(brand: Brand) -> Brand:
    """A brand that was there already on the last Monday that any cadence pays on."""
    await approved(brand, await promotion(brand))
    await brand.execute(
        "update tenants set created_at = now() - interval '100 days' where id = $1",
        brand.tenant_id,
    )
    return brand


async def test_r14_a_missed_monday_is_caught_up_once(monday: Brand, worker: Worker) -> None:
    for _ in range(3):
        await worker.chore("payout-transfers", monday.tenant_id)
        await worker.chore("payouts", monday.tenant_id)
    [run] = (await monday.get("/payouts/runs")).json()["runs"]
    assert (run["actor"], run["payoutCount"]) == ("schedule", 1)


@pytest.mark.parametrize("decided", [{"cadence": "manual"}, {"frozen": True}])
async def test_some_brands_have_no_runs_by_themselves(
    monday: Brand, worker: Worker, decided: Json
) -> None:
    await decide(monday, **decided)
    await monday.execute(
        "update settings set updated_at = now() - interval '90 days' where tenant_id = $1",
        monday.tenant_id,
    )
    await worker.chore("payouts", monday.tenant_id)
    assert (await monday.get("/payouts/runs")).json()["runs"] == []


async def test_a_change_of_settings_makes_no_run_for_a_day_gone_by(
    monday: Brand, worker: Worker
) -> None:
    await decide(monday, cadence="weekly")
    await worker.chore("payouts", monday.tenant_id)
    assert (await monday.get("/payouts/runs")).json()["runs"] == []


@pytest.mark.parametrize(
    ("cadence", "moment", "due"),
    [("weekly", "2026-11-23T09:00", "2026-11-23"), ("weekly", "2026-11-23T08:59", "2026-11-16"),
     ("weekly", "2026-11-29T23:00", "2026-11-23"), ("biweekly", "2026-11-23T10:00", "2026-11-23"),
     ("biweekly", "2026-11-30T10:00", "2026-11-23"), ("monthly", "2026-11-30T10:00", "2026-11-02"),
     ("monthly", "2026-12-07T09:00", "2026-12-07"), ("monthly", "2026-12-06T09:00", "2026-11-02"),
     ("manual", "2026-12-07T09:00", None)],
)  # fmt: skip
def test_each_cadence_has_its_mondays(cadence: str, moment: str, due: str | None) -> None:
    """Even ISO weeks for biweekly, the first Monday for monthly."""
    settings = PayoutSettings(cadence=cadence)  # type: ignore[arg-type]  # parametrized text
    found = settings.last_due(datetime.fromisoformat(f"{moment}+00:00"))
    assert (found and found.isoformat()) == (due and f"{due}T09:00:00+00:00")


@pytest.mark.parametrize(("allowed", "rail"), [(False, "auto"), (False, "stripe_connect"),
                                               (True, "auto")])  # fmt: skip
async def test_unfunded_payouts_of_hosted_brands_are_refused(
    empty_install: Install, stripe_double: StripeDouble, allowed: bool, rail: str
) -> None:
    http, scratch, settings = await empty_install(
        openpartner_mode="flat", admin_api_key="an-admin-key-for-tests",
        openpartner_allow_unfunded_connect_payouts=allowed,
        stripe_secret_key="sk_test_double", stripe_api_base=stripe_double.url,
    )  # fmt: skip
    assert settings.admin_api_key is not None
    key = settings.admin_api_key.get_secret_value()
    brand = Brand(http, scratch, DEFAULT_TENANT_ID, "default", key)
    link = await promotion(brand)
    await connect(brand, stripe_double, link["partnerId"])
    await approved(brand, link)
    await decide(brand, rail=rail)
    if allowed:
        [payment] = (await preview(brand))["payouts"]
        assert payment["method"] == "stripe_connect"
        return
    [blocked] = (await preview(brand))["blocked"]
    assert blocked["reason"] == "unfunded_connect_payouts"
    if rail == "stripe_connect":
        assert refusal(await brand.post("/payouts/run")) == (409, "unfunded_connect_payouts")
        await brand.execute("update tenants set created_at = now() - interval '100 days'")
        await brand.execute("update settings set updated_at = now() - interval '90 days'")
        async with Worker.at(settings) as worker:
            await worker.chore("payouts", DEFAULT_TENANT_ID)
        [run] = (await brand.get("/payouts/runs")).json()["runs"]
        assert [one["reason"] for one in run["leftOut"]] == ["unfunded_connect_payouts"]
    await decide(brand, rail="manual")
    [planned] = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{planned['payoutId']}/confirm")
