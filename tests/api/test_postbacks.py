"""Postbacks: a partner's tracker is told, with the click it brought, until it hears."""

from hashlib import sha256
from hmac import new as hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from api.features.postbacks.macros import FIELDS, fill
from tests.support.brand import Brand, Json
from tests.support.conversions import promotion, report, visit
from tests.support.receiver import Receiver, receiving
from tests.support.working import Worker

TEMPLATE = (
    "?cid={click_id}&payout={commission_amount}&cur={currency}&txid={transaction_id}&x={nope}"
)


async def tracked(brand: Brand, receiver: Receiver, partner_id: str, **changes: Any) -> Json:
    wanted = {"url": receiver.url + TEMPLATE, "events": ["commission.accrued"]}
    return await brand.made(f"/partners/{partner_id}/postbacks", {**wanted, **changes})


def query(receiver: Receiver, number: int = 0) -> dict[str, list[str]]:
    return parse_qs(urlsplit(receiver.heard[number].url).query)


async def test_a_commission_fires_with_the_partners_macros(brand: Brand, worker: Worker) -> None:
    link = await promotion(brand)
    async with receiving() as receiver:
        made = await tracked(brand, receiver, link["partnerId"])
        cref = await visit(brand, link)
        event = await report(brand)
        await worker.drain()
    asked = query(receiver)
    assert receiver.heard[0].method == "GET"
    assert receiver.heard[0].headers["user-agent"] == "OpenPartner-Postback/1"
    assert (asked["cid"], asked["payout"], asked["cur"]) == ([cref], ["40.00"], ["USD"])
    assert asked["txid"] == [event["eventId"]]
    assert asked["x"] == ["{nope}"]
    path = f"/partners/{link['partnerId']}/postbacks"
    [shown] = (await brand.get(path)).json()["postbacks"]
    assert (shown["successCount"], shown["failureCount"], shown["lastStatus"]) == (1, 0, 204)
    [firing] = (await brand.get(f"{path}/{made['id']}/deliveries")).json()["deliveries"]
    assert (firing["status"], firing["attempts"], firing["httpStatus"]) == ("delivered", 1, 204)
    assert cref in firing["url"]


async def test_r16_every_step_carries_the_click(brand: Brand, worker: Worker) -> None:
    link = await promotion(brand)
    async with receiving() as receiver:
        events = ["commission.approved", "commission.paid"]
        url = receiver.url + "?cid={click_id}&payout_id={payout_id}"
        await tracked(brand, receiver, link["partnerId"], events=events, url=url)
        cref = await visit(brand, link)
        await report(brand)
        [commission] = (await brand.get("/commissions")).json()["commissions"]
        await brand.made(f"/commissions/{commission['id']}/approve")
        [payout] = (await brand.made("/payouts/run"))["payouts"]
        await brand.made(f"/payouts/{payout['payoutId']}/confirm")
        await worker.drain()
    asked = sorted((query(receiver, n) for n in range(2)), key=lambda each: each["payout_id"])
    assert [each["cid"] for each in asked] == [[cref], [cref]]
    assert {each["payout_id"][0] for each in asked} == {payout["payoutId"], "{payout_id}"}


async def test_a_tracker_that_is_down_is_tried_again(brand: Brand, worker: Worker) -> None:
    link = await promotion(brand)
    async with receiving() as receiver:
        receiver.answer = lambda number: Response("", 500 if number == 1 else 200)
        made = await tracked(brand, receiver, link["partnerId"])
        await visit(brand, link)
        await report(brand)
        await worker.drain()
        path = f"/partners/{link['partnerId']}/postbacks/{made['id']}/deliveries"
        [firing] = (await brand.get(path)).json()["deliveries"]
        assert (firing["status"], firing["error"]) == ("pending", "http_500")
        await brand.execute(
            "update jobs set run_at = now() where tenant_id = $1 and done_at is null",
            brand.tenant_id,
        )
        await worker.drain()
        [firing] = (await brand.get(path)).json()["deliveries"]
    assert (firing["status"], firing["attempts"]) == ("delivered", 2)
    assert receiver.heard[0].url == receiver.heard[1].url


async def test_a_signed_postback_proves_who_sent_it(brand: Brand, worker: Worker) -> None:
    link = await promotion(brand)
    async with receiving() as receiver:
        made = await tracked(brand, receiver, link["partnerId"], signatureParameter="sig")
        await visit(brand, link)
        await report(brand)
        await worker.drain()
    [firing] = (
        await brand.get(f"/partners/{link['partnerId']}/postbacks/{made['id']}/deliveries")
    ).json()["deliveries"]
    address, _, signature = firing["url"].rpartition("&sig=")
    assert signature == hmac(made["secret"].encode(), address.encode(), sha256).hexdigest()


async def test_another_partners_commission_fires_nothing(brand: Brand, worker: Worker) -> None:
    link, other = await promotion(brand), await promotion(brand)
    async with receiving() as receiver:
        await tracked(brand, receiver, other["partnerId"])
        await visit(brand, link)
        await report(brand)
        await worker.drain()
    assert receiver.heard == []


async def test_the_test_button_fires_once_and_tells_what_came_back(brand: Brand) -> None:
    link = await promotion(brand)
    async with receiving() as receiver:
        receiver.answer = lambda _: Response("unknown click", 404)
        made = await tracked(brand, receiver, link["partnerId"])
        path = f"/partners/{link['partnerId']}/postbacks/{made['id']}/test"
        fired = await brand.made(path)
    assert len(receiver.heard) == 1
    assert (fired["delivery"]["status"], fired["delivery"]["answer"]) == ("failed", "unknown click")


async def test_x17_partners_keep_their_own_postbacks_and_see_no_others(brand: Brand) -> None:
    mine, theirs = await brand.partner(), await brand.partner()
    headers = await brand.partner_headers(mine)
    body = {"url": "https://t.example.com/?c={click_id}", "events": ["commission.paid"]}
    made = await brand.made(f"/partners/{mine['id']}/postbacks", body, headers=headers)
    path = f"/partners/{mine['id']}/postbacks/{made['id']}"
    changed = await brand.request("PATCH", path, json={"enabled": False}, headers=headers)
    assert changed.json()["enabled"] is False
    foreign = await brand.get(f"/partners/{theirs['id']}/postbacks", headers=headers)
    assert foreign.status_code == 403
    gone = await brand.request("DELETE", path, headers=headers)
    assert gone.status_code == 204
    assert (await brand.request("DELETE", path)).json()["error"] == "postback_not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://t.example.com/", "events": ["partner.created"]},
        {"url": "https://t.example.com/", "events": []},
        {"url": "https://{click_id}.example.com/", "events": ["commission.paid"]},
        {"url": "javascript:alert(1)", "events": ["commission.paid"]},
    ],
)
async def test_what_is_no_postback_is_refused(brand: Brand, body: Json) -> None:
    partner = await brand.partner()
    refused = await brand.post(f"/partners/{partner['id']}/postbacks", body)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_body")


@given(value=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_fault_19_no_value_adds_a_parameter_or_moves_the_host(value: str) -> None:
    template = "https://t.example.com/p?a={click_id}&b={event_type}&c=1"
    filled = fill(template, {"clickId": value, "eventType": value})
    parts = urlsplit(filled)
    assert parts.netloc == "t.example.com"
    asked = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True)
    assert asked == {"a": [value], "b": [value], "c": ["1"]}


def test_a_value_that_looks_like_a_macro_stays_a_value() -> None:
    filled = fill(
        "https://t.example.com/?a={click_id}", {"clickId": "{partner_id}", "partnerId": "x"}
    )
    assert filled == "https://t.example.com/?a=%7Bpartner_id%7D"
    assert set(FIELDS) >= {"click_id", "payout_id"}
