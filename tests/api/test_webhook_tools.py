"""Webhooks: secrets that are rotated and sealed, tests in the real shape, and sending again."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from starlette.responses import Response

from api.features.notices.for_others import CATALOGUE
from shared.clock import now
from tests.api.test_webhooks import happen, log_of, subscribed
from tests.support.brand import Brand
from tests.support.receiver import receiving
from tests.support.working import Worker


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


async def test_a_delivery_that_dies_of_our_own_fault_says_so_and_is_replayed(
    brand: Brand, worker: Worker
) -> None:
    """So does one whose job is gone, as after an export was put back."""
    async with receiving() as receiver:
        made = await subscribed(brand, receiver)
        await happen(brand, worker, 2)
        await worker.runner.run_due()  # fans out
        [kept] = await brand.fetch(
            "select secrets from webhook_endpoints where tenant_id = $1", brand.tenant_id
        )
        change = "update webhook_endpoints set secrets = $2 where tenant_id = $1"
        unreadable = json.dumps([{"sealed": "nobody.knows", "until": None}])
        await brand.execute(change, brand.tenant_id, unreadable)
        await brand.execute(
            "update jobs set attempts = 9 where tenant_id = $1 and name = 'webhooks.deliver'",
            brand.tenant_id,
        )
        await brand.execute(
            "delete from jobs where id = (select id from jobs where tenant_id = $1"
            " and name = 'webhooks.deliver' order by id limit 1)",
            brand.tenant_id,
        )
        await worker.drain()
        log = await log_of(brand, made["endpoint"])
        assert sorted(row["status"] for row in log) == ["failed", "pending"]
        assert {row["error"] for row in log} == {None, "internal error: Unreadable: "}
        await brand.execute(change, brand.tenant_id, kept["secrets"])
        moment = datetime.now(UTC)
        window = {
            "since": (moment - timedelta(hours=1)).isoformat(),
            "until": (moment + timedelta(hours=1)).isoformat(),
        }
        path = f"/webhooks/{made['endpoint']['id']}/replay"
        assert (await brand.made(path, window))["count"] == 2
        assert (await brand.made(path, window))["count"] == 0, "they are on their way"
        await worker.drain()
        assert [row["status"] for row in await log_of(brand, made["endpoint"])] == ["delivered"] * 2
