"""What the admins hear of an endpoint that doesn't answer, and when."""

from starlette.responses import Response

from api.settings import Settings
from tests.api.test_webhooks import happen, log_of, subscribed
from tests.support.brand import Brand
from tests.support.receiver import receiving
from tests.support.working import Worker


async def fail_for(brand: Brand, worker: Worker, hours: int) -> None:
    """One more failure, after so many hours of nothing else."""
    await brand.execute(
        "update webhook_endpoints set failing_since = now() - make_interval(hours => $2)"
        " where tenant_id = $1 and failing_since is not null",
        brand.tenant_id, hours,
    )  # fmt: skip
    await happen(brand, worker)
    await worker.drain()


def letters(settings: Settings, url: str) -> list[str]:
    """The sentences about this endpoint in everything that was mailed."""
    file = settings.mail_console_file
    assert file is not None
    mail = file.read_text() if file.exists() else ""
    return [line for line in mail.splitlines() if url in line]


async def test_three_days_of_failure_are_told_to_every_admin_once_a_spell(
    brand: Brand, worker: Worker, settings: Settings
) -> None:
    for name in ("one", "two"):
        await brand.execute(
            "insert into admins (tenant_id, id, email, name, activated_at)"
            " values ($1, uuid_v7(), $2, 'Owner', now())",
            brand.tenant_id, f"{name}@brand.example",
        )  # fmt: skip
    hears = False
    async with receiving() as receiver:
        receiver.answer = lambda _: Response("", 204 if hears else 503)
        receiver.url += f"/{brand.slug}"
        made = await subscribed(brand, receiver)
        for hours in (0, 71):
            await fail_for(brand, worker, hours)
            assert letters(settings, receiver.url) == []
        for hours in (73, 80):
            await fail_for(brand, worker, hours)
            told = letters(settings, receiver.url)
            assert len(told) == 2, "each admin, and only at the first failure after three days"
        assert "We have tried for three days to deliver to" in told[0]
        assert "HTTP 503" in told[0]
        hears = True
        await fail_for(brand, worker, 90)
        hears = False
        await fail_for(brand, worker, 0)
        await fail_for(brand, worker, 73)
        assert len(letters(settings, receiver.url)) == 4, "a new spell is new news"
        shown = (await brand.get(f"/webhooks/{made['endpoint']['id']}")).json()["endpoint"]
    assert (shown["active"], shown["status"]) == (True, "failing")
    assert {line["error"] for line in await log_of(brand, made["endpoint"])} == {"HTTP 503", None}


async def test_failures_of_many_deliveries_are_counted_each_and_told_once(
    brand: Brand, worker: Worker, settings: Settings
) -> None:
    await brand.execute(
        "insert into admins (tenant_id, id, email, name, activated_at)"
        " values ($1, uuid_v7(), 'owner@brand.example', 'Owner', now())",
        brand.tenant_id,
    )
    async with receiving() as busy, receiving() as gone:
        busy.answer = lambda _: Response("busy", 503, {"retry-after": "8"})
        gone.answer = lambda _: Response("left", 410)
        gone.url += f"/{brand.slug}"
        made = [(await subscribed(brand, receiver))["endpoint"] for receiver in (busy, gone)]
        await happen(brand, worker, 3)
        for _ in ("fan out", "deliver"):
            await worker.runner.run_due()
    for endpoint, status, answer in zip(made, (503, 410), ("busy", "left"), strict=True):
        lines = await log_of(brand, endpoint)
        told = {
            (d["status"], d["attempts"], d["httpStatus"], d["error"], d["answer"]) for d in lines
        }
        assert (len(lines), told) == (3, {("pending", 1, status, f"HTTP {status}", answer)})
        assert all(line["nextAttemptAt"] > line["lastAttemptAt"] for line in lines)
    rows = await brand.fetch(
        "select active, failures, failing_since is not null as failing, disabled_reason"
        " from webhook_endpoints where tenant_id = $1 order by id",
        brand.tenant_id,
    )
    assert [tuple(row) for row in rows] == [
        (True, 3, True, None),
        (False, 3, True, "it answered 410 Gone"),
    ]
    await worker.drain()
    assert len(letters(settings, gone.url)) == 1
