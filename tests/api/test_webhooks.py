"""Webhooks: subscribed, signed, delivered until heard, and all of it in sight."""

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook
from starlette.responses import Response

from api.features.notices.for_others import PartnerActivated, publish
from api.features.webhooks.signing import older_signature
from tests.support.brand import Brand
from tests.support.receiver import Receiver, receiving
from tests.support.working import Worker


async def subscribed(brand: Brand, receiver: Receiver, *events: str) -> dict[str, Any]:
    """The answer to a subscription: endpoint and secret."""
    return await brand.made("/webhooks", {"url": receiver.url, "events": list(events or "*")})


async def happen(brand: Brand, worker: Worker, count: int = 1) -> None:
    """News of this brand's, committed."""
    async with worker.database.tenant_session(brand.tenant_id) as session:
        await publish(session, [PartnerActivated.sample() for _ in range(count)])


async def log_of(brand: Brand, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    answer = (await brand.get(f"/webhooks/{endpoint['id']}/deliveries")).json()
    return list(answer["deliveries"])


async def pass_time(brand: Brand, interval: str) -> None:
    """Everything that waits has waited that much longer."""
    await brand.execute(
        "update jobs set run_at = run_at - $2::interval where tenant_id = $1",
        brand.tenant_id, _interval(interval),
    )  # fmt: skip


def _interval(text: str) -> timedelta:
    return timedelta(hours=float(text))


async def test_news_arrives_signed_so_that_receivers_libraries_verify_it(
    brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        made = await subscribed(brand, receiver, "partner.activated")
        await happen(brand, worker)
        await worker.drain()
    [heard] = receiver.heard
    envelope = Webhook(made["secret"]).verify(heard.body, heard.headers)
    assert envelope["event"] == "partner.activated"
    assert set(envelope["data"]) == {"partnerId", "email", "name", "activatedAt"}
    assert heard.headers["webhook-id"] == envelope["id"] == heard.headers["x-openpartner-delivery"]
    assert heard.headers["x-openpartner-signature"] == older_signature(
        made["secret"], heard.headers["webhook-timestamp"], heard.body
    )
    [delivery] = await log_of(brand, made["endpoint"])
    assert (delivery["status"], delivery["attempts"], delivery["httpStatus"]) == (
        "delivered",
        1,
        204,
    )
    assert delivery["sequence"] == 1
    assert delivery["payload"] == envelope


async def test_r1_news_of_what_was_rolled_back_never_leaves(brand: Brand, worker: Worker) -> None:
    async def announce_and_break() -> None:
        async with worker.database.tenant_session(brand.tenant_id) as session:
            await publish(session, [PartnerActivated.sample()])
            raise LookupError

    async with receiving() as receiver:
        await subscribed(brand, receiver)
        with pytest.raises(LookupError):
            await announce_and_break()
        await worker.drain()
    assert receiver.heard == []


async def test_only_what_was_subscribed_to_is_sent(brand: Brand, worker: Worker) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "commission.paid")
        await happen(brand, worker)
        await worker.drain()
    assert receiver.heard == []


async def test_another_brands_news_is_not_ours(
    brand: Brand, other_brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver)
        await happen(other_brand, worker)
        await worker.drain()
    assert receiver.heard == []


async def test_a_failed_delivery_is_tried_ten_times_over_three_days(
    brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: Response("no", 500)
        made = await subscribed(brand, receiver)
        await happen(brand, worker)
        waits = []
        for _ in range(12):
            await worker.drain()
            [row] = await brand.fetch(
                "select run_at - now() as wait, dead_at, done_at from jobs"
                " where tenant_id = $1 and name = 'webhooks.deliver'",
                brand.tenant_id,
            )
            if row["done_at"] is not None:
                break
            waits.append(row["wait"].total_seconds())
            await pass_time(brand, "30")
    assert len(receiver.heard) == 10
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    planned = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for wait, plan in zip(waits, planned, strict=True):
        assert 0.75 * plan - 2 <= wait <= 1.25 * plan
    [delivery] = await log_of(brand, made["endpoint"])
    assert (delivery["status"], delivery["attempts"]) == ("failed", 10)
    assert (delivery["httpStatus"], delivery["error"], delivery["answer"]) == (
        500,
        "HTTP 500",
        "no",
    )


async def test_retry_after_is_respected_within_bounds(brand: Brand, worker: Worker) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: Response("", 503, {"Retry-After": "9"})
        await subscribed(brand, receiver)
        await happen(brand, worker)
        await worker.drain()
    [row] = await brand.fetch(
        "select extract(epoch from run_at - now())::float as wait from jobs"
        " where tenant_id = $1 and name = 'webhooks.deliver'",
        brand.tenant_id,
    )
    assert 7 <= row["wait"] <= 9


async def test_410_switches_the_endpoint_off_and_tells_the_admins(
    brand: Brand, worker: Worker, settings: Any
) -> None:
    await brand.execute(
        "insert into admins (tenant_id, id, email, name, activated_at)"
        " values ($1, uuid_v7(), 'owner@brand.example', 'Owner', now())",
        brand.tenant_id,
    )
    async with receiving() as receiver:
        receiver.answer = lambda _: Response("", 410)
        made = await subscribed(brand, receiver)
        await happen(brand, worker)
        await worker.drain()
        shown = (await brand.get(f"/webhooks/{made['endpoint']['id']}")).json()["endpoint"]
    assert (shown["active"], shown["status"]) == (False, "disabled")
    assert shown["disabledReason"] == "it answered 410 Gone"
    mail = settings.mail_console_file.read_text()
    assert f"We switched off the webhook {made['endpoint']['url']}" in mail


@pytest.mark.parametrize(("hears_sometimes", "active"), [(False, False), (True, True)])
async def test_five_days_of_nothing_but_failure_switch_an_endpoint_off(
    brand: Brand, worker: Worker, hears_sometimes: bool, active: bool
) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda number: Response(
            "", 200 if hears_sometimes and number % 2 == 0 else 500
        )
        made = await subscribed(brand, receiver)
        for _ in range(6):
            await happen(brand, worker)
            await worker.drain()
            await brand.execute(
                "update webhook_endpoints set failing_since = failing_since - interval '30 hours'"
                " where tenant_id = $1",
                brand.tenant_id,
            )
        shown = (await brand.get(f"/webhooks/{made['endpoint']['id']}")).json()["endpoint"]
    assert shown["active"] is active


async def test_a_deleted_endpoint_hears_nothing_more_and_deleting_twice_is_fine(
    brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        made = await subscribed(brand, receiver)
        path = f"/webhooks/{made['endpoint']['id']}"
        for _ in range(2):
            gone = await brand.request("DELETE", path)
            assert (gone.status_code, gone.json()) == (200, {"ok": True})
        await happen(brand, worker)
        await worker.drain()
        assert (await brand.get(path)).status_code == 404
    assert receiver.heard == []
