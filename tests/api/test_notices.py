"""News: told at the right moment, once, and with all that a receiver needs."""

import json
from typing import Any

import pytest

from api.features.notices.for_others import CATALOGUE
from tests.api.test_webhooks import subscribed
from tests.support.brand import Brand
from tests.support.conversions import promotion, report, visit
from tests.support.receiver import Receiver, receiving
from tests.support.working import Worker


def told(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    """What was heard, in order of the news and not of its arrival."""
    heard = [json.loads(heard.body) for heard in receiver.heard]
    return [(one["event"], one["data"]) for one in sorted(heard, key=lambda one: one["id"])]


async def test_x12_every_step_from_partner_to_payout_is_told_once(
    brand: Brand, worker: Worker
) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "*")
        link = await promotion(brand)
        cref = await visit(brand, link)
        await report(brand)
        [commission] = (await brand.get("/commissions")).json()["commissions"]
        await brand.made(f"/commissions/{commission['id']}/approve")
        [payout] = (await brand.made("/payouts/run"))["payouts"]
        await brand.made(f"/payouts/{payout['payoutId']}/confirm")
        await worker.drain()
    news = told(receiver)
    assert [event for event, _ in news] == [
        "partner.created",
        "attribution.created",
        "commission.accrued",
        "commission.approved",
        "payout.created",
        "commission.paid",
    ]
    for event, data in news:
        CATALOGUE[event].model_validate(data)
    facts = dict(news)
    for event in ("commission.accrued", "commission.approved", "commission.paid"):
        assert facts[event]["clickId"] == cref, "r16: trackers need the click at every step"
        assert (facts[event]["amount"], facts[event]["currency"]) == ("40.00", "USD")
    assert facts["commission.paid"]["payoutId"] == payout["payoutId"]
    assert facts["payout.created"]["commissionIds"] == [commission["id"]]
    assert facts["attribution.created"]["commissionAmount"] == "40.00"


async def test_a_reversal_is_told(brand: Brand, worker: Worker) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "commission.reversed")
        await visit(brand, await promotion(brand))
        await report(brand)
        [commission] = (await brand.get("/commissions")).json()["commissions"]
        await brand.made(f"/commissions/{commission['id']}/reverse")
        await worker.drain()
    assert [event for event, _ in told(receiver)] == ["commission.reversed"]


async def test_r16_automatic_approval_is_told_like_any_other(brand: Brand, worker: Worker) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "commission.approved")
        await visit(brand, await promotion(brand, holdbackDays=7))
        await report(brand)
        await brand.execute(
            "update commissions set matures_at = now() - interval '1 second' where tenant_id = $1",
            brand.tenant_id,
        )
        await worker.act("commission-auto-approve")
        await worker.drain()
    assert [event for event, _ in told(receiver)] == ["commission.approved"]


async def test_what_the_network_sent_is_told_as_a_partnership(brand: Brand, worker: Worker) -> None:
    async with receiving() as receiver:
        await subscribed(brand, receiver, "partnership.approved")
        metadata = {"source": "openpartner_network", "network": {"creatorId": "crt_1"}}
        await brand.partner(metadata=metadata)
        await worker.drain()
    [(_, data)] = told(receiver)
    assert data["networkCreatorId"] == "crt_1"


@pytest.mark.parametrize("status", [400, 409])
async def test_what_was_refused_is_not_told(brand: Brand, worker: Worker, status: int) -> None:
    partner = await brand.partner()
    async with receiving() as receiver:
        await subscribed(brand, receiver, "*")
        body = {"email": partner["email"] if status == 409 else "nonsense", "name": "Pat"}
        assert (await brand.post("/partners", body)).status_code == status
        await worker.drain()
    assert receiver.heard == []


async def test_nothing_is_kept_where_nobody_listens(brand: Brand) -> None:
    await visit(brand, await promotion(brand))
    await report(brand)
    assert await brand.fetch("select id from notices where tenant_id = $1", brand.tenant_id) == []
