"""Workers die at any line: what they had in hand arrives all the same, and the log tells the truth."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from random import Random

from starlette.responses import Response

from tests.support.receiver import Receiver, receiving
from tests.support.waiting import until
from tests.worker.conftest import OpenShop, Shop

ENDPOINTS = 20
EVENTS = 100
KILLS = 50
# Of one worker: a few for each of the endpoints.
SLOTS = 20


def answered(receiver: Receiver) -> Counter[str]:
    return Counter(heard.headers["webhook-id"] for heard in receiver.heard)


async def nothing_waits(shop: Shop) -> bool:
    return not await shop.count("status = 'pending'")


async def fanned_out(shop: Shop, deliveries: int) -> bool:
    return await shop.count("true") >= deliveries


async def heard_more(receivers: Sequence[Receiver], before: int, shop: Shop) -> bool:
    """Or there is nothing more to be heard."""
    heard = sum(len(receiver.heard) for receiver in receivers)
    return heard >= before or not await shop.count("status = 'pending'")


async def test_f3_nothing_is_lost_when_workers_are_killed_fifty_times(
    open_shop: OpenShop,
) -> None:
    random = Random(3)
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(receiving()) for _ in range(ENDPOINTS)]
        shop = await open_shop(
            [receiver.url for receiver in receivers], worker_lease_seconds=6, worker_slots=SLOTS
        )
        endpoints = {
            (await shop.subscribe(receiver.url))["endpoint"]["id"]: receiver
            for receiver in receivers
        }
        await shop.happen(EVENTS)
        shop.workers.start(3)
        await until(lambda: fanned_out(shop, ENDPOINTS * EVENTS))
        for _ in range(KILLS):
            before = sum(len(receiver.heard) for receiver in receivers)
            # Each is killed at work: something has arrived since the last death.
            await until(lambda before=before: heard_more(receivers, before + 5, shop))  # type: ignore[misc]  # the default binds the loop's value
            await asyncio.sleep(random.uniform(0, 0.05))
            if await nothing_waits(shop):
                await shop.happen(10)
            shop.workers.kill()
            shop.workers.start()
        await until(lambda: nothing_waits(shop))
        rows = await shop.superuser.fetch(
            "select endpoint_id::text, notice_id, attempts, status from webhook_deliveries"
        )
    assert len(rows) >= ENDPOINTS * EVENTS
    assert {row["status"] for row in rows} == {"delivered"}
    heard = {endpoint: answered(receiver) for endpoint, receiver in endpoints.items()}
    for row in rows:
        times = heard[row["endpoint_id"]][f"evt_{row['notice_id'].hex}"]
        assert 1 <= times <= row["attempts"]
    repeated = sum(counts.total() - len(counts) for counts in heard.values())
    assert repeated <= KILLS * SLOTS


async def test_f28_a_worker_that_is_asked_to_stop_finishes_what_it_has_in_hand(
    open_shop: OpenShop,
) -> None:
    async with receiving() as receiver:
        shop = await open_shop([receiver.url])
        await shop.subscribe(receiver.url)
        shop.workers.start()
        await shop.happen(100)
        await until(lambda: fanned_out(shop, 100))
        codes = []
        for _ in range(5):
            wanted = len(receiver.heard) + 1
            await until(lambda wanted=wanted: heard_more([receiver], wanted, shop))  # type: ignore[misc]  # as above
            shop.workers.start()
            codes.append(await shop.workers.terminate())
        await until(lambda: nothing_waits(shop))
        # Nothing was left behind under a lease that somebody would have had to wait for.
        assert await shop.superuser.fetchval("select max(attempts) from jobs") == 1
    assert set(codes) == {0}
    assert set(answered(receiver).values()) == {1}


async def test_f26_a_job_under_which_every_worker_dies_ends_dead_and_holds_nobody_up(
    open_shop: OpenShop,
) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: Response(status_code=204)
        shop = await open_shop([receiver.url])
        await shop.subscribe(receiver.url)
        await shop.superuser.execute(
            "insert into jobs (tenant_id, id, name, arguments, attempts)"
            " select id, uuid_v7(), 'webhooks.deliver',"
            ' \'{"delivery_id": "00000000-0000-0000-0000-000000000000"}\', 25 from tenants'
        )
        await shop.superuser.execute(
            "insert into jobs (tenant_id, id, name, arguments)"
            " select id, uuid_v7(), 'webhooks.deliver', '{\"delivery_id\": 7}' from tenants,"
            " generate_series(1, 20)"
        )
        shop.workers.start()
        await shop.happen(5)
        await until(lambda: shop.count("status = 'delivered' having count(*) = 5"))
        dead = "select last_error from jobs where dead_at is not null"
        await until(lambda: shop.superuser.fetchval(dead))
        reason = await shop.superuser.fetchval(dead)
        failed = await shop.superuser.fetchval(
            "select count(*) from jobs where last_error is not null and dead_at is null"
        )
    assert reason == "RuntimeError: its worker died each time"
    assert failed > 0
    assert len(receiver.heard) == 5
