"""Workers are killed in the middle of payouts: each partner is paid once, and nothing stays stuck."""

import asyncio
from uuid import UUID

import pytest

from shared.models.tenant import DEFAULT_TENANT_ID
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.conversions import promotion
from tests.support.payouts import approved, connect
from tests.support.stripe_double import StripeDouble
from tests.support.waiting import until
from tests.support.worker_processes import WorkerProcesses

KEY = "an-admin-key-for-tests"


async def count(brand: Brand, condition: str) -> int:
    [row] = await brand.fetch(f"select count(*) as n from payout_transfers where {condition}")  # noqa: S608  # a test's own
    return int(row["n"])


@pytest.mark.parametrize("moment", ["before", "while_asking", "after_acting"])
async def test_fault_4_a_worker_that_is_killed_pays_nobody_twice(
    empty_install: Install, stripe_double: StripeDouble, moment: str
) -> None:
    http, scratch, settings = await empty_install(
        admin_api_key=KEY, stripe_secret_key="sk_test_double", stripe_api_base=stripe_double.url,
        openpartner_enable_scheduler=False, worker_lease_seconds=3,
    )  # fmt: skip
    brand = Brand(http, scratch, DEFAULT_TENANT_ID, "default", KEY)
    link = await promotion(brand)
    await connect(brand, stripe_double, link["partnerId"])
    await approved(brand, link)
    workers = WorkerProcesses(settings)
    try:
        fault = None
        if moment != "before":
            kind = "held" if moment == "while_asking" else "timeout_after"
            fault = stripe_double.fail(kind, "/v1/transfers")  # type: ignore[arg-type]  # one of its kinds
        await brand.made("/payouts/run")
        workers.start()
        if fault is not None:
            async with asyncio.timeout(60):
                await fault.reached.wait()
        workers.kill()
        if fault is not None:
            fault.release()
        # The lease of the dead is over at once, here as everywhere in these tests.
        await brand.execute("update payout_transfers set leased_until = null")
        await brand.execute("update jobs set leased_until = null, run_at = now()")
        workers.start(2)
        await until(lambda: _done(brand))
    finally:
        workers.end()
    made = stripe_double.store.all("transfer")
    assert [one["amount"] for one in made] == [4000]
    [payout] = await brand.fetch("select * from payouts")
    assert (payout["status"], payout["stripe_transfer_id"]) == ("paid", made[0]["id"])
    assert isinstance(payout["id"], UUID)


async def _done(brand: Brand) -> bool:
    return await count(brand, "state = 'confirmed'") == 1
