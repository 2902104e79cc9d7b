"""`python -m bench.money`: events a second into the ledger as the past grows, and how long a proof takes.

Events go through the API's own service, each in a transaction of its own on a durable PostgreSQL, from
two writers with customers of their own; each is attributed, priced, posted and sealed.
"""

import argparse
import asyncio
import os
import resource
import time
from statistics import median
from uuid import UUID

import asyncpg

from api.features.conversions.schemas import EventReport, Identify
from api.features.conversions.service import identify, report
from api.features.proofs.service import Proof, prove
from bench.money.past import PARTNERS, grow
from bench.router.place import Place, place
from shared.clock import now
from shared.database import Database, open_database
from shared.visitor import clicked_at, new_click_id

SIZES = (1_000, 10_000, 100_000, 1_000_000)
WRITERS = 2
TENANT = "select id from tenants where slug = 'bench'"
A_CLICK = """
insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url)
values ($1, $2, $3, md5('p' || $4::text)::uuid, md5('c')::uuid, '')
"""
A_GRANT = """
insert into grants (tenant_id, id, partner_id, campaign_id, terms_id)
select md5('t')::uuid, md5('g' || i)::uuid, md5('p' || i)::uuid, md5('c')::uuid, md5('x')::uuid
from generate_series(1, $1) i
"""


async def prepare(where: Place) -> UUID:
    """Terms that pay for every invoice, and a customer for each writer."""
    connection = await asyncpg.connect(where.superuser)
    try:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("update terms set recurring = true")
        await connection.execute(A_GRANT, PARTNERS)
        tenant: UUID = await connection.fetchval(TENANT)
    finally:
        await connection.close()
    return tenant


async def introduce(
    where: Place, database: Database, tenant: UUID, user: str, partner: int
) -> None:
    click = UUID(bytes=new_click_id(int((now().timestamp() - 3600) * 1000)))
    connection = await asyncpg.connect(where.superuser)
    try:
        await connection.execute(A_CLICK, tenant, click, clicked_at(click), str(partner))
    finally:
        await connection.close()
    async with database.tenant_session(tenant) as session:
        await identify(session, Identify(cref=str(click), userId=user))


async def write(database: Database, tenant: UUID, user: str, count: int) -> None:
    for _ in range(count):
        wanted = EventReport(userId=user, type="invoice_paid", value="200.00", currency="USD")
        async with database.tenant_session(tenant) as session:
            reported = await report(session, wanted)
        assert reported.attribution.touches[0].commission_id is not None


async def rate(database: Database, tenant: UUID, users: list[str], count: int) -> float:
    began = time.monotonic()
    await asyncio.gather(*(write(database, tenant, user, count) for user in users))
    return len(users) * count / (time.monotonic() - began)


async def verify(where: Place, tenant: UUID) -> str:
    database = open_database(where.urls.app, pool=1, statement_seconds=3600)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, proof, found = time.monotonic(), Proof(), 0
    try:
        async with database.tenant_session(tenant, read_only=True, snapshot=True) as session:
            async for finding in prove(session, proof):
                found += 1
                print("  ", finding)
    finally:
        await database.close()
    took = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return (
        f"{proof.chain.postings:,} postings in {took:.1f} s, peak memory +{grown:.1f} MiB,"
        f" {found} wrong"
    )


async def measure(sizes: list[int], rounds: int, count: int) -> None:
    print(f"load before: {os.getloadavg()}")
    async with place(core=None) as where:
        tenant, have = await prepare(where), 0
        database = open_database(where.urls.app, pool=WRITERS)
        try:
            for size in sizes:
                await grow(where.superuser, have, size)
                have = size
                users = [f"writer-{size}-{number}" for number in range(WRITERS)]
                for number, user in enumerate(users, 1):
                    await introduce(where, database, tenant, user, number)
                await rate(database, tenant, users, 20)
                rates = [await rate(database, tenant, users, count) for _ in range(rounds)]
                told = ", ".join(f"{each:.0f}" for each in rates)
                print(f"{size:>9,} past events: {median(rates):.0f} a second ({told})", flush=True)
                print(f"          verify: {await verify(where, tenant)}", flush=True)
        finally:
            await database.close()
    print(f"load after: {os.getloadavg()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100, help="per writer and round")
    given = parser.parse_args()
    asyncio.run(measure(given.sizes, given.rounds, given.events))
