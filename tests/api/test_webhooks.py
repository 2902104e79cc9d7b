"""Webhooks: subscribed, signed, delivered until heard, and all of it in sight."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook
from starlette.responses import Response

from api.features.notices.for_others import CATALOGUE, PartnerActivated, publish
from api.features.webhooks.signing import older_signature
from shared.clock import now
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


async def test_a_secret_is_rotated_with_both_valid_for_a_day(brand: Brand, worker: Worker) -> None:
    async with receiving() as receiver:
        made = await subscribed(brand, receiver)
        path = f"/webhooks/{made['endpoint']['id']}"
        rotated = await brand.made(f"{path}/rotate-secret")
        await happen(brand, worker)
        await worker.drain()
        [heard] = receiver.heard
        for secret in (made["secret"], rotated["secret"]):
            Webhook(secret).verify(heard.body, heard.headers)
        expired = (now() - timedelta(seconds=1)).isoformat()
        await brand.execute(
            "update webhook_endpoints set secrets = jsonb_set(secrets, '{1,until}',"
            " to_jsonb($2::text)) where tenant_id = $1",
            brand.tenant_id, expired,
        )  # fmt: skip
        await happen(brand, worker)
        await worker.drain()
    later = receiver.heard[1]
    Webhook(rotated["secret"]).verify(later.body, later.headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(made["secret"]).verify(later.body, later.headers)


async def test_s13_secrets_are_sealed_at_rest(brand: Brand) -> None:
    async with receiving() as receiver:
        made = await subscribed(brand, receiver)
    [row] = await brand.fetch(
        "select secrets::text as secrets from webhook_endpoints where tenant_id = $1",
        brand.tenant_id,
    )
    assert made["secret"] not in row["secrets"]
    shown = await brand.get(f"/webhooks/{made['endpoint']['id']}")
    assert made["secret"] not in shown.text


@pytest.mark.parametrize("event", ["webhook.test", *CATALOGUE])
async def test_every_type_can_be_tried_in_exactly_its_own_shape(brand: Brand, event: str) -> None:
    async with receiving() as receiver:
        made = await subscribed(brand, receiver, "commission.paid")
        tested = await brand.made(f"/webhooks/{made['endpoint']['id']}/test?event={event}")
    [heard] = receiver.heard
    data = json.loads(heard.body)["data"]
    assert data.pop("_synthetic") is True
    if event in CATALOGUE:
        del data["_endpointId"]
        CATALOGUE[event].model_validate(data)
        assert set(data) == set(CATALOGUE[event].sample().model_dump(by_alias=True))
    assert (tested["event"], tested["delivery"]["status"]) == (event, "delivered")


async def test_one_delivery_is_retried_and_a_time_range_replayed(
    brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda number: Response("", 400 if number == 1 else 200)
        made = await subscribed(brand, receiver)
        path = f"/webhooks/{made['endpoint']['id']}"
        await happen(brand, worker)
        await worker.drain()
        [delivery] = await log_of(brand, made["endpoint"])
        assert delivery["status"] == "pending"
        retried = await brand.made(f"{path}/deliveries/{delivery['id']}/retry")
        assert (retried["delivery"]["status"], retried["delivery"]["attempts"]) == ("delivered", 2)
        await happen(brand, worker, 3)
        await worker.drain()
        moment = datetime.now(UTC)
        window = {
            "since": (moment - timedelta(hours=1)).isoformat(),
            "until": (moment + timedelta(hours=1)).isoformat(),
        }
        assert (await brand.made(f"{path}/replay", window))["count"] == 4
        await worker.drain()
    assert len(receiver.heard) == 2 + 3 + 4
    ids = [heard.headers["webhook-id"] for heard in receiver.heard]
    assert set(ids[:5]) == set(ids[5:])


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


async def test_a_private_address_is_refused_when_subscribing(empty_install: Any) -> None:
    key = "an-admin-key-of-a-test"
    http, _, _ = await empty_install(admin_api_key=key)
    refused = await http.post(
        "/api/webhooks",
        json={"url": "http://169.254.169.254/latest", "events": ["*"]},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_body")
    assert refused.json()["reason"] == "destination_not_public"


async def test_a_scoped_key_subscribes_and_unsubscribes_and_nothing_more(brand: Brand) -> None:
    headers = await brand.scoped_headers("webhooks:write")
    body = {"url": "https://hooks.example.com/1", "events": ["commission.accrued"]}
    made = await brand.made("/webhooks", body, headers=headers)
    path = f"/webhooks/{made['endpoint']['id']}"
    assert (await brand.post(f"{path}/test", headers=headers)).status_code == 403
    assert (await brand.request("DELETE", path, headers=headers)).status_code == 200


async def test_unknown_events_are_refused_by_name(brand: Brand) -> None:
    refused = await brand.post("/webhooks", {"url": "https://x.example.com", "events": ["nope"]})
    assert refused.status_code == 400
    assert "nope is no event of ours" in refused.text
