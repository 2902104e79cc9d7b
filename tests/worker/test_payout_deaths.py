"""Processes are killed in the middle of payouts: each partner is paid once, and nothing stays stuck.

`PAYOUT_DEATHS` sets how many lives there are for each moment; in each, up to four payouts are at that moment.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.models.tenant import DEFAULT_TENANT_ID
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.ledger import wrongs
from tests.support.payouts import approved, connect
from tests.support.stripe_double import StripeDouble
from tests.support.waiting import until
from tests.support.worker_processes import WorkerProcesses

KEY = "an-admin-key-for-tests"
LIVES = int(os.environ.get("PAYOUT_DEATHS", "1"))
# As many as a worker has under way at once.
PAYOUTS = 4
# Held by the test, each of these keeps a transaction from going on at the moment after which it is
# named: when it has planned, has taken a transfer, or has settled, and nothing is committed yet.
GATES = {"planning": "payout_steps", "taking": "partners", "settling": "payout_steps"}
MOMENTS = ("planning", "planned", "taking", "asking", "acted", "settling", "settled")


async def count(brand: Brand, query: str) -> int:
    [row] = await brand.fetch(query)
    return int(row[0])


@asynccontextmanager
async def shut(brand: Brand, table: str) -> AsyncIterator[None]:
    """Nobody gets past this table; readers of it neither where reading is what happens then."""
    connection = await brand.scratch.connect()
    mode = "access exclusive" if table == "partners" else "exclusive"
    try:
        async with connection.transaction():
            await connection.execute(f"lock table {table} in {mode} mode")
            yield
    finally:
        await connection.close()


async def waiting(brand: Brand, table: str) -> bool:
    query = f"select count(*) from pg_locks where not granted and relation = '{table}'::regclass"  # noqa: S608  # a test's own
    return await count(brand, query) > 0


async def cut_off(brand: Brand, application: str) -> None:
    """What the machine does for a process that is gone: its connections close."""
    await brand.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
        " and datname = current_database()",
        application,
    )


async def plan(brand: Brand, *, interrupted: bool) -> None:
    if interrupted:
        async with shut(brand, GATES["planning"]):
            asked = asyncio.create_task(brand.post("/payouts/run"))
            await until(lambda: waiting(brand, GATES["planning"]))
            await cut_off(brand, "openpartner-api")
            assert (await asked).status_code >= 500
        assert await count(brand, "select count(*) from payouts") == 0
    assert len((await brand.made("/payouts/run"))["payouts"]) == PAYOUTS


async def reach(brand: Brand, double: StripeDouble, workers: WorkerProcesses, moment: str) -> None:
    """A worker works until payouts are at this moment, and is killed there."""
    if moment in {"taking", "settling"}:
        async with shut(brand, GATES[moment]):
            workers.start()
            await until(lambda: waiting(brand, GATES[moment]))
            workers.kill()
            await cut_off(brand, "openpartner-worker")
        return
    fault = double.fail("timeout_after" if moment == "acted" else "held", "/v1/transfers", times=4)
    asked = len(double.asked("POST", "/v1/transfers")) + PAYOUTS
    workers.start()
    await until(lambda: _are(len(double.asked("POST", "/v1/transfers")), asked))
    if moment == "settled":
        # Its jobs may be finished by then, or not.
        fault.release()
        await until(lambda: confirmed(brand))
    workers.kill()
    fault.release()


async def _are(found: int, wanted: int) -> bool:
    return found == wanted


async def confirmed(brand: Brand) -> bool:
    found = "select count(*) from payout_transfers where state = 'confirmed'"
    return await count(brand, found) == PAYOUTS


async def hurried(brand: Brand) -> bool:
    """The same; what waits for its next attempt waits no longer."""
    await brand.execute("update jobs set run_at = now() where done_at is null and run_at > now()")
    return await confirmed(brand)


@pytest.mark.timeout(300 * LIVES)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_fault_4_whoever_is_killed_pays_nobody_twice(
    empty_install: Install, stripe_double: StripeDouble, moment: str
) -> None:
    for _ in range(LIVES):
        await live(empty_install, stripe_double, moment)


async def live(empty_install: Install, double: StripeDouble, moment: str) -> None:
    http, scratch, settings = await empty_install(
        admin_api_key=KEY, stripe_secret_key="sk_test_double", stripe_api_base=double.url,
        openpartner_enable_scheduler=False,
    )  # fmt: skip
    brand = Brand(http, scratch, DEFAULT_TENANT_ID, "default", KEY)
    campaign = await brand.campaign()
    before = len(double.store.all("transfer"))
    for _ in range(PAYOUTS):
        link = await brand.link(await brand.partner(), campaign)
        await connect(brand, double, link["partnerId"])
        await approved(brand, link)
    workers = WorkerProcesses(settings)
    try:
        await plan(brand, interrupted=moment == "planning")
        if moment not in {"planning", "planned"}:
            await reach(brand, double, workers, moment)
        elif moment == "planned":
            workers.start()
            workers.kill()
        # The leases of the dead are over at once, here as everywhere in these tests.
        await brand.execute("update payout_transfers set leased_until = null")
        await brand.execute("update jobs set leased_until = null")
        workers.start(2)
        await until(lambda: hurried(brand))
    finally:
        workers.end()
    made = double.store.all("transfer")[before:]
    assert [one["amount"] for one in made] == [4000] * PAYOUTS
    paid = await brand.fetch("select stripe_transfer_id as id from payouts where status = 'paid'")
    assert {row["id"] for row in paid} == {one["id"] for one in made}
    assert await wrongs(brand) == []
