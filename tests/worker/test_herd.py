"""After an outage of theirs, ten thousand deliveries for one receiver hold up nobody else's."""

from tests.support.brand import Brand, found_brand
from tests.support.databases import Databases


async def test_f29_a_herd_gets_its_share_and_everybody_else_gets_theirs(
    databases: Databases, brand: Brand
) -> None:
    scratch = await databases.fresh()
    alone = await found_brand(brand.http, scratch)
    enqueue = (
        "insert into jobs (tenant_id, id, name, receiver, arguments, run_at)"
        " select $1, uuid_v7(), 'test.herd', {}, '{{}}', now() - interval '1 hour'"
        " from generate_series(1, {}) n"
    )
    await alone.execute(enqueue.format("'herd'", 10_000), alone.tenant_id)
    await alone.execute(enqueue.format("'single-' || n", 30), alone.tenant_id)
    lanes: list[str] = []
    for _ in range(4):
        claimed = await alone.fetch("select lane from claim_jobs(20, 4, interval '60 seconds')")
        lanes += [row["lane"] for row in claimed]
    assert lanes.count("herd") == 4
    assert len({lane for lane in lanes if lane != "herd"}) == 30
    assert len(lanes) == 34
