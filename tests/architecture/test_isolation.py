"""No brand reaches another's: every route is driven with every kind of foreign reference, as the real role.

What was tried is written to build/isolation.md. A new route without a request, or a new table
without a row, fails here.
"""

from collections.abc import AsyncIterator

import asyncpg
import httpx2
import pytest

from tests.support.calls import missing
from tests.support.databases import Scratch
from tests.support.digest import digest
from tests.support.isolation.attempts import SHUT, Attempt, attempts, fresh_key, keyed, own
from tests.support.isolation.report import Report
from tests.support.isolation.scene import Scene, ids_of, set_up
from tests.support.operating import platform_headers
from tests.support.published import Operation, operations
from tests.support.working import Worker

OF_BRANDS = [operation for operation in operations() if operation.is_brands]
ABOVE = [operation for operation in operations() if operation.schemes and not operation.is_brands]
DRIVEN = [operation for operation in OF_BRANDS if operation.path.startswith("/api")]
# The network isn't there in this test, and says so.
AWAY = {502, 503}


@pytest.fixture(scope="module")
async def superuser_here(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    connection = await scratch.connect()
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def scene(http: httpx2.AsyncClient, scratch: Scratch) -> Scene:
    return await set_up(http, scratch, DRIVEN, ABOVE)


def test_every_route_of_a_brand_has_a_request() -> None:
    assert [lacking for operation in DRIVEN if (lacking := missing(operation))] == []


async def test_every_table_of_a_brand_has_a_row(scene: Scene) -> None:
    """Where PostgreSQL's catalogue doesn't tell what fits: tests/support/isolation/rows.py, CHOSEN."""
    assert "\n".join(scene.unfilled) == ""


async def test_s4_no_foreign_reference_reads_or_changes_what_is_anothers(
    scene: Scene, superuser_here: asyncpg.Connection, worker: Worker
) -> None:
    report = Report()
    keys = await use_keys(scene)
    await forget_jobs(scene, "%")
    # When somebody was seen last is no change that counts.
    await superuser_here.execute("update api_keys set last_used_at = now() + interval '1 day'")
    await superuser_here.execute("update sessions set last_seen_at = now() + interval '1 day'")
    before = await digest(superuser_here, scene.theirs.brand.tenant_id)
    an_id = str(scene.theirs.brand.tenant_id)
    for operation in DRIVEN:
        for attempt in own(operation, scene.my_side[operation.id]):
            await drive(scene, report, operation, attempt)
    for operation in DRIVEN:
        mine, theirs = scene.my_side[operation.id], scene.their_side[operation.id]
        for attempt in attempts(operation, mine, theirs, an_id):
            await drive(scene, report, operation, attempt)
        if operation.id in keys:
            headers = {**mine.key, "Idempotency-Key": keys[operation.id]}
            attempt = Attempt("foreign Idempotency-Key", mine.path, mine.body, headers=headers)
            answer = await drive(scene, report, operation, attempt)
            if "Idempotent-Replayed" in answer.headers:
                report.leaks.append(f"{operation}: another's answer was repeated")
    await drive_above(scene, report)
    # What would leave the building stays; everything else that was asked for is done.
    for outside in ("webhooks.%", "postbacks.%", "mail.%", "sign_in.%", "network%"):
        await forget_jobs(scene, outside)
    await worker.drain()
    after = await digest(superuser_here, scene.theirs.brand.tenant_id)
    report.leaks += [f"{table} was changed" for table in before if before[table] != after[table]]
    pointing = await ids_of(superuser_here, scene.mine.brand.tenant_id)
    report.leaks += [f"a row points abroad: {one}" for one in pointing if str(one) in scene.markers]
    report.tables = len(before)
    report.write()
    assert report.leaks == []
    assert set(report.tried) == {str(operation) for operation in (*DRIVEN, *ABOVE)}


async def forget_jobs(scene: Scene, names: str) -> None:
    """Of both brands, as if they had been done."""
    for premises in (scene.mine, scene.theirs):
        await premises.brand.execute(
            "delete from jobs where tenant_id = $1 and name like $2",
            premises.brand.tenant_id, names,
        )  # fmt: skip


async def drive(
    scene: Scene, report: Report, operation: Operation, attempt: Attempt
) -> httpx2.Response:
    """One request, and what it tells of the other brand."""
    answer = await scene.send(operation, attempt)
    report.note(str(operation), attempt.kind)
    where = f"{operation} with {attempt.kind}"
    if attempt.expected == SHUT and answer.status_code != 401:
        report.leaks.append(f"{where} was answered {answer.status_code}: {answer.text[:200]}")
    if leaked := scene.leaked(attempt, answer):
        report.leaks.append(f"{where} told {sorted(leaked)[:3]}")
    assert answer.status_code < 500 or answer.status_code in AWAY, f"{where}: {answer.text}"
    return answer


async def use_keys(scene: Scene) -> dict[str, str]:
    """Idempotency keys that the other brand has used, by the operation they were used for."""
    used = {}
    for operation in DRIVEN:
        if keyed(operation):
            theirs, key = scene.their_side[operation.id], fresh_key()
            headers = {**theirs.key, "Idempotency-Key": key}
            attempt = Attempt("", theirs.path, theirs.body, headers=headers)
            if (await scene.send(operation, attempt)).status_code < 300:
                used[operation.id] = key
    return used


async def drive_above(scene: Scene, report: Report) -> None:
    """What belongs to the platform: neither a brand's key nor its cookie opens it, nor another person."""
    brand = scene.mine.brand
    stranger = await platform_headers(brand, "person", "stranger@example.com")
    some = next(iter(scene.my_side.values()))
    for operation in ABOVE:
        path = await scene.theirs.path(operation)
        body = await scene.theirs.body(operation)
        openers = {"key above all brands": some.key, "cookie above all brands": some.cookie}
        if "Operator" in operation.schemes:
            openers["person's cookie at the console"] = {
                **stranger, "Cookie": stranger["Cookie"].replace("platform", "platform_admin"),
            }  # fmt: skip
        for kind, headers in openers.items():
            attempt = Attempt(kind, path, body, headers=headers)
            answer = await drive(scene, report, operation, attempt)
            if answer.status_code != 401:
                report.leaks.append(f"{operation} opened to a {kind}: {answer.status_code}")
