"""What has served its time is thrown away; what is still needed is not."""

from datetime import timedelta

from tests.support.brand import Brand
from tests.support.working import Worker


async def test_only_what_is_overdue_goes(brand: Brand, worker: Worker) -> None:
    for name, ago in (("old", timedelta(days=8)), ("fresh", timedelta(days=1))):
        await brand.execute(
            "insert into jobs (tenant_id, id, name, arguments, done_at)"
            " values ($1, uuid_v7(), $2, '{}', now() - $3::interval)",
            brand.tenant_id, name, ago,
        )  # fmt: skip
        await brand.execute(
            "insert into idempotent_requests (tenant_id, id, principal, key, fingerprint, status,"
            " body, expires_at) values ($1, uuid_v7(), 'env', $2, '', 200, '', now() - $3::interval)",
            brand.tenant_id, name, ago - timedelta(days=2),
        )  # fmt: skip
    await brand.execute(
        "insert into idempotent_requests (tenant_id, id, principal, key, fingerprint, status, body)"
        " values ($1, uuid_v7(), 'env', 'money', '', 200, '')",
        brand.tenant_id,
    )
    await brand.execute(
        "insert into jobs (tenant_id, id, name, arguments, dead_at)"
        " values ($1, uuid_v7(), 'dead', '{}', now() - interval '90 days')",
        brand.tenant_id,
    )
    assert await worker.act("housekeeping") == 0
    jobs = await brand.fetch("select name from jobs where tenant_id = $1", brand.tenant_id)
    assert {row["name"] for row in jobs} == {"fresh", "dead"}
    kept = await brand.fetch(
        "select key from idempotent_requests where tenant_id = $1", brand.tenant_id
    )
    assert {row["key"] for row in kept} == {"fresh", "money"}


async def test_old_ticks_are_forgotten(brand: Brand, worker: Worker) -> None:
    await brand.execute(
        "insert into ticks (name, due_at, worker) values"
        " ('ancient', now() - interval '91 days', uuid_v7()),"
        " ('recent', now() - interval '1 day', uuid_v7())"
    )
    assert await worker.act("old-ticks") == 0
    rows = await brand.fetch("select name from ticks where name in ('ancient', 'recent')")
    assert [row["name"] for row in rows] == ["recent"]
