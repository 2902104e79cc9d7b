"""What receivers get is what OpenAPI says under `webhooks`, to the letter."""

import json
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI

from api.features.notices.for_others import CATALOGUE
from tests.api.test_webhooks import subscribed
from tests.support.brand import Brand
from tests.support.conversions import promotion, report, visit
from tests.support.receiver import Receiver, receiving
from tests.support.working import Worker


def schema_of(app: FastAPI, event: str) -> dict[str, Any]:
    """The published schema of this event's body, able to resolve its references, and closed."""
    whole = app.openapi()
    [operation] = whole["webhooks"][event].values()
    named = operation["requestBody"]["content"]["application/json"]["schema"]
    return {**named, "components": closed(whole["components"])}


def closed(components: dict[str, Any]) -> dict[str, Any]:
    """Every object has exactly the properties that are published, so that none is sent untold."""
    shut = {
        name: {**schema, "additionalProperties": False} if "properties" in schema else schema
        for name, schema in components["schemas"].items()
    }
    return {"schemas": shut}


def hold_to_the_schema(app: FastAPI, receiver: Receiver) -> list[str]:
    """Validates all that was heard; the events, in order of what happened."""
    bodies = [json.loads(heard.body) for heard in receiver.heard]
    for body in bodies:
        schema = schema_of(app, body["event"])
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(body)
    return [body["event"] for body in sorted(bodies, key=lambda body: str(body["id"]))]


def test_every_event_is_published(app: FastAPI) -> None:
    assert set(app.openapi()["webhooks"]) == set(CATALOGUE)


async def test_live_news_is_valid_against_what_is_published(
    app: FastAPI, brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "*")
        await brand.partner(
            metadata={"source": "openpartner_network", "network": {"creatorId": "c"}}
        )
        link = await promotion(brand)
        await visit(brand, link)
        await report(brand)
        [commission] = (await brand.get("/commissions")).json()["commissions"]
        await brand.made(f"/commissions/{commission['id']}/approve")
        [payout] = (await brand.made("/payouts/run"))["payouts"]
        await brand.made(f"/payouts/{payout['payoutId']}/confirm")
        await worker.drain()
    events = hold_to_the_schema(app, receiver)
    assert set(CATALOGUE) - set(events) == {"commission.reversed", "partner.activated"}


async def test_a_live_reversal_is_valid_against_what_is_published(
    app: FastAPI, brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "commission.reversed")
        await visit(brand, await promotion(brand))
        await report(brand)
        [commission] = (await brand.get("/commissions")).json()["commissions"]
        await brand.made(f"/commissions/{commission['id']}/reverse")
        await worker.drain()
    assert hold_to_the_schema(app, receiver) == ["commission.reversed"]


@pytest.mark.parametrize("event", CATALOGUE)
async def test_samples_are_valid_but_for_the_marks_that_say_so(
    app: FastAPI, brand: Brand, event: str
) -> None:
    async with receiving() as receiver:
        made = await subscribed(brand, receiver, "*")
        await brand.made(f"/webhooks/{made['endpoint']['id']}/test?event={event}")
    body = json.loads(receiver.heard[0].body)
    assert body["data"].pop("_synthetic") is True
    assert body["data"].pop("_endpointId") == made["endpoint"]["id"]
    receiver.heard[0].body = json.dumps(body)
    assert hold_to_the_schema(app, receiver) == [event]
