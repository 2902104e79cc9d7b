"""Identifications that come before their click does: not found, but kept and carried out once it arrives."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from shared.clock import now
from shared.visitor import cref_text, new_click_id
from tests.support.brand import Brand, Json
from tests.support.conversions import amounts, click, days_ago, promotion, report, unrecorded
from tests.support.refusals import refusal
from tests.support.working import Worker

PENDING = {"error": "click_not_found", "detail": "There is no such click.", "pending": True}
PATH = "/attribution/identify"


def said(cref: str, user: str = "customer") -> Json:
    return {"cref": cref, "userId": user}


async def from_a_browser(brand: Brand, cref: str, user: str = "customer") -> Json:
    answer = await brand.post(f"/t/{brand.slug}{PATH}", said(cref, user), headers={})
    return told(answer)


async def from_a_server(brand: Brand, cref: str, headers: dict[str, str] | None = None) -> Json:
    return told(await brand.post(PATH, said(cref), headers=headers or brand.headers))


def told(answer: httpx2.Response) -> Json:
    body: Json = answer.json()
    assert answer.status_code == (404 if "error" in body else 200), body
    return body


async def look(brand: Brand, worker: Worker) -> None:
    """The next time at which the worker looks, which is now."""
    await brand.execute("update jobs set run_at = now() where tenant_id = $1", brand.tenant_id)
    await worker.drain()


async def waiting(brand: Brand) -> list[Json]:
    rows = await brand.rows("jobs")
    return [
        dict(row)
        for row in rows
        if row["name"] == "conversions.identify_later" and not (row["done_at"] or row["dead_at"])
    ]


async def identities(brand: Brand) -> list[tuple[str, str]]:
    return [(str(row["click_id"]), row["user_id"]) for row in await brand.rows("identities")]


async def test_a_click_that_arrives_later_is_credited_once(brand: Brand, worker: Worker) -> None:
    link, moment = await promotion(brand), days_ago(0.1)
    cref = unrecorded(moment)
    assert await from_a_browser(brand, cref) == PENDING
    assert await from_a_browser(brand, cref.upper()) == PENDING
    await report(brand)
    await look(brand, worker)
    assert await identities(brand) == []
    [job] = await waiting(brand)
    assert job["attempts"] == 1
    await click(brand, link, cref=cref)
    await look(brand, worker)
    assert await identities(brand) == [(cref, "customer")]
    assert await amounts(brand) == ["40.00 USD"]
    # As if its worker had died at the very end, and another did it again.
    again = "update jobs set done_at = null where tenant_id = $1 and name like 'conversions.%'"
    await brand.execute(again, brand.tenant_id)
    await look(brand, worker)
    known = await from_a_browser(brand, cref)
    assert (known["firstStitch"], known["proposed"]) == (False, False)
    await look(brand, worker)
    assert await waiting(brand) == []
    assert await amounts(brand) == ["40.00 USD"]


async def test_who_says_it_again_once_the_click_is_there_need_not_wait(
    brand: Brand, worker: Worker
) -> None:
    link, cref = await promotion(brand), unrecorded(days_ago(0.1))
    await from_a_browser(brand, cref)
    await report(brand)
    await click(brand, link, cref=cref)
    answer = await from_a_browser(brand, cref)
    assert (answer["firstStitch"], answer["backfilledAttributions"]) == (True, 1)
    await look(brand, worker)
    assert await waiting(brand) == []
    assert await identities(brand) == [(cref, "customer")]
    assert await amounts(brand) == ["40.00 USD"]


async def test_each_customer_of_a_click_waits_once(brand: Brand, worker: Worker) -> None:
    link, cref = await promotion(brand), unrecorded()
    users = ("ann", "bob", "ann", "ann", "bob")
    answers = await asyncio.gather(*(from_a_browser(brand, cref, user) for user in users))
    assert answers == [PENDING] * 5
    assert len(await waiting(brand)) == 2
    await click(brand, link, cref=cref)
    await look(brand, worker)
    assert sorted(await identities(brand)) == [(cref, "ann"), (cref, "bob")]


async def test_a_campaign_that_believes_servers_judges_when_the_click_arrives(
    brand: Brand, worker: Worker
) -> None:
    link, cref = await promotion(brand, identifyRequiresKey=True), unrecorded()
    assert await from_a_browser(brand, cref) == PENDING
    await click(brand, link, cref=cref)
    await look(brand, worker)
    assert await identities(brand) == []
    [proposal] = await brand.rows("identity_proposals")
    assert (proposal["click_id"], proposal["confirmed_at"]) == (UUID(cref), None)
    assert (await from_a_browser(brand, cref))["proposed"] is True


async def test_a_server_is_believed_when_the_click_arrives(brand: Brand, worker: Worker) -> None:
    link, cref = await promotion(brand, identifyRequiresKey=True), unrecorded()
    await from_a_browser(brand, cref)
    server = await brand.scoped_headers("identify:write")
    assert await from_a_server(brand, cref, server) == PENDING
    await click(brand, link, cref=cref)
    await look(brand, worker)
    assert await identities(brand) == [(cref, "customer")]
    assert [row for row in await brand.rows("identity_proposals") if not row["confirmed_at"]] == []


async def test_a_click_of_another_tenant_looks_like_one_made_up_and_stays_theirs(
    brand: Brand, other_brand: Brand, worker: Worker
) -> None:
    theirs = await click(other_brand, await promotion(other_brand))
    made_up = unrecorded()
    for cref in (theirs, made_up):
        assert await from_a_browser(brand, cref) == PENDING
    await look(brand, worker)
    assert len(await waiting(brand)) == 2
    assert (await identities(brand), await identities(other_brand)) == ([], [])


@pytest.mark.parametrize(
    "late", [timedelta(hours=24, minutes=1), timedelta(days=400), timedelta(minutes=-6)]
)
async def test_a_click_that_can_not_be_on_its_way_is_not_found(
    brand: Brand, late: timedelta
) -> None:
    answer = await brand.post(PATH, said(unrecorded(now() - late)))
    assert refusal(answer) == (404, "click_not_found")
    assert "pending" not in answer.json()
    assert await waiting(brand) == []


@pytest.mark.parametrize("late", [timedelta(hours=23, minutes=50), timedelta(minutes=-4)])
async def test_a_day_and_clocks_that_differ_are_waited_for(brand: Brand, late: timedelta) -> None:
    assert await from_a_server(brand, unrecorded(now() - late)) == PENDING


async def test_whoever_makes_clicks_up_fills_no_more_than_the_browsers_lane(
    brand: Brand, other_brand: Brand, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.features.conversions.waiting.MOST", 2)
    crefs = [unrecorded() for _ in range(3)]
    for cref in crefs[:2]:
        assert await from_a_browser(brand, cref) == PENDING
    path = f"/t/{brand.slug}{PATH}"
    refused = await brand.post(path, said(crefs[2]), headers={})
    assert refusal(refused) == (404, "click_not_found")
    assert "pending" not in refused.json()
    # Those that wait already are told so; servers and other tenants have room of their own.
    assert await from_a_browser(brand, crefs[0]) == PENDING
    server = await brand.scoped_headers("identify:write")
    assert await from_a_server(brand, crefs[2], server) == PENDING
    assert await from_a_browser(other_brand, crefs[2]) == PENDING
    await click(brand, await promotion(brand), cref=crefs[0])
    await look(brand, worker)
    assert await from_a_browser(brand, crefs[2]) == PENDING


async def test_a_click_that_never_comes_is_given_up_without_a_dead_job(
    brand: Brand, worker: Worker
) -> None:
    cref = unrecorded()
    await from_a_browser(brand, cref)
    for _ in range(10):
        assert len(await waiting(brand)) == 1
        await look(brand, worker)
    [job] = [row for row in await brand.rows("jobs") if row["name"] == "conversions.identify_later"]
    assert (job["attempts"], job["dead_at"]) == (10, None)
    assert job["done_at"] is not None
    # In truth more than a day has passed by now; either way it isn't begun anew.
    assert "pending" not in await from_a_browser(brand, cref)


async def test_a_click_that_was_flagged_meanwhile_credits_nobody(
    brand: Brand, worker: Worker
) -> None:
    link, cref = await promotion(brand), unrecorded(days_ago(0.1))
    await from_a_browser(brand, cref)
    await report(brand)
    await click(brand, link, cref=cref, flag="bot")
    await look(brand, worker)
    assert await identities(brand) == [(cref, "customer")]
    assert await amounts(brand) == []


@pytest.mark.parametrize("name", [{"userId": "Ada@example.com"}, {"email": "ada@example.com"}])
async def test_who_is_forgotten_is_waited_for_no_more(
    brand: Brand, worker: Worker, name: Json
) -> None:
    link, cref = await promotion(brand), unrecorded()
    await from_a_browser(brand, cref, "Ada@example.com")
    erased = await brand.made("/privacy/erase", name)
    assert (erased["identities"], erased["events"]) == (0, 0)
    await click(brand, link, cref=cref)
    await look(brand, worker)
    assert await identities(brand) == []
    assert "Ada@" not in str([dict(row) for row in await brand.rows("jobs")])


async def test_a_click_that_is_called_by_its_ulid_may_come_late_too(
    brand: Brand, worker: Worker
) -> None:
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int.from_bytes(new_click_id(int(now().timestamp() * 1000)))
    ulid = "".join(digits[number >> shift & 31] for shift in range(125, -1, -5))
    uuid = cref_text(number.to_bytes(16))
    assert await from_a_browser(brand, ulid) == PENDING
    assert await from_a_browser(brand, uuid) == PENDING
    assert len(await waiting(brand)) == 1
    await click(brand, await promotion(brand), cref=uuid)
    await look(brand, worker)
    assert await identities(brand) == [(uuid, "customer")]
