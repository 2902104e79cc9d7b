"""The Zapier app of our guide, run by Zapier's own library against a running API."""

import asyncio
import json
import re
from typing import Any

from starlette.responses import Response

from api.features.notices.for_others import CATALOGUE, PartnerActivated, publish
from tests.support.brand import Brand
from tests.support.javascript import run_script
from tests.support.receiver import receiving
from tests.support.tree import ROOT
from tests.support.working import Worker

GUIDE = (ROOT / "docs/guides/zapier.md").read_text()
APP = "\n".join(re.findall(r"```js zapier\n(.*?)```", GUIDE, re.DOTALL))
STEP = """
const told = JSON.parse(process.argv[2]);
const tester = core.createAppTester(module.exports);
const method = told.path.split('.').reduce((place, name) => place[name], module.exports);
tester(method, told.bundle).then(
  (answer) => { console.log(JSON.stringify({ answer })); process.exit(0); },
  (problem) => { console.log(JSON.stringify({ problem: problem.message })); process.exit(0); },
);
"""
SCOPES = (
    "events:write", "partners:write", "partners:read", "commissions:read", "webhooks:write",
)  # fmt: skip
TRIGGER = "triggers.partner_activated.operation."


async def step(auth: dict[str, str], path: str, **bundle: Any) -> Any:
    """One method of the app, as Zapier calls it."""
    told = json.dumps({"path": path, "bundle": {"authData": auth, **bundle}})
    result = await asyncio.to_thread(run_script, APP + STEP, told)
    assert "problem" not in result, result
    return result["answer"]


async def auth_of(brand: Brand) -> dict[str, str]:
    headers = await brand.scoped_headers(*SCOPES)
    key = headers["Authorization"].removeprefix("Bearer ")
    return {"baseUrl": str(brand.http.base_url).rstrip("/"), "key": key}


async def test_the_app_connects_subscribes_triggers_and_unsubscribes(
    brand: Brand, worker: Worker
) -> None:
    auth = await auth_of(brand)
    introspected = await step(auth, "authentication.test")
    assert sorted(introspected["scopes"]) == sorted(SCOPES)
    made_up = await step(auth, TRIGGER + "performList")
    async with receiving() as zapier:
        zapier.answer = lambda _: Response("{}", 200)
        subscribed = await step(auth, TRIGGER + "performSubscribe", targetUrl=zapier.url)
        async with worker.database.tenant_session(brand.tenant_id) as session:
            await publish(session, [PartnerActivated.sample() for _ in range(2)])
        await worker.drain()
        hooks = [json.loads(heard.body) for heard in zapier.heard]
        live = [
            item
            for hook in hooks
            for item in await step(auth, TRIGGER + "perform", cleanedRequest=hook)
        ]
        sampled = await step(auth, TRIGGER + "performList")
        # What somebody maps while building is what arrives while it runs.
        assert sorted(sampled, key=str) == sorted(live, key=str)
        assert {frozenset(item) for item in made_up} == {frozenset(item) for item in live}
        assert [item["id"] for item in sampled] == sorted(
            {item["id"] for item in live}, reverse=True
        )
        for _ in range(2):
            gone = await step(
                auth, TRIGGER + "performUnsubscribe", subscribeData={"id": subscribed["id"]}
            )
            assert gone == {"ok": True}
    [endpoint] = await brand.rows("webhook_endpoints")
    assert endpoint["deleted_at"] is not None


async def test_the_app_finds_partners_and_reports_an_event_once(brand: Brand) -> None:
    auth = await auth_of(brand)
    partner = await brand.partner(email="zap@example.com")
    await brand.partner(email="other@example.com")
    found = await step(
        auth, "searches.find_partner.operation.perform", inputData={"email": "zap@example.com"}
    )
    assert [item["id"] for item in found] == [partner["id"]]
    event = {"userId": "customer", "type": "deal_won", "externalId": "deal-1"}
    for _ in range(2):
        await step(auth, "creates.report_event.operation.perform", inputData=event)
    assert len(await brand.rows("events")) == 1


async def test_every_type_is_a_trigger_of_the_app() -> None:
    keys = await asyncio.to_thread(
        run_script, APP + "\nconsole.log(JSON.stringify(Object.keys(module.exports.triggers)));"
    )
    assert sorted(keys) == sorted(name.replace(".", "_") for name in CATALOGUE)
