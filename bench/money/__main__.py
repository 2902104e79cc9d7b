"""`python -m bench.money`: events a second into the ledger as the past grows, and how long a proof takes.

Events go through the API's own service, each in a transaction of its own on a durable PostgreSQL, from
two writers with customers of their own; each is attributed, priced, posted and sealed.
"""

import argparse
import asyncio
import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg

from api.features.conversions.schemas import EventReport
from api.features.conversions.service import report
from api.features.proofs.service import Proof, prove
from bench.money.past import PARTNERS, grow
from bench.router.place import Place, place
from shared.clock import now
from shared.database import Database, open_database
from shared.ids import new_id
from shared.visitor import clicked_at, new_click_id

SIZES = (1_000, 10_000, 100_000, 1_000_000)
WRITERS = 2
TENANT = "select id from tenants where slug = 'bench'"
A_CLICK = """
insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url)
values ($1, $2, $3, md5('p' || $4::text)::uuid, md5('c')::uuid, '')
"""
AN_IDENTITY = """
insert into identities (tenant_id, id, click_id, click_ts, user_id) values ($1, $2, $3, $4, $5)
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


async def introduce(where: Place, tenant: UUID, user: str, partner: int) -> None:
    """A customer with one click, an hour ago."""
    click = UUID(bytes=new_click_id(int((now().timestamp() - 3600) * 1000)))
    connection = await asyncpg.connect(where.superuser)
    try:
        await connection.execute(A_CLICK, tenant, click, clicked_at(click), str(partner))
        await connection.execute(AN_IDENTITY, tenant, new_id(), click, clicked_at(click), user)
    finally:
        await connection.close()


async def write(database: Database, tenant: UUID, user: str, count: int) -> None:
    for _ in range(count):
        wanted = EventReport(userId=user, type="invoice_paid", value="200.00", currency="USD")
        async with database.tenant_session(tenant) as session:
            reported = await report(session, wanted)
        assert reported.attribution.touches[0].commission_id is not None


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one event; seconds a second say more of the machine's other work than of ours, CPU doesn't."""

    rate: float
    ours_ms: float
    postgres_ms: float


def cpu_of(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def backends(where: Place) -> list[int]:
    connection = await asyncpg.connect(where.superuser)
    try:
        rows = await connection.fetch(
            "select pid from pg_stat_activity where application_name = 'openpartner-bench'"
        )
    finally:
        await connection.close()
    return [row["pid"] for row in rows]


async def cost(
    where: Place, database: Database, tenant: UUID, users: list[str], count: int
) -> Cost:
    pids, events = await backends(where), len(users) * count
    postgres, ours, began = sum(map(cpu_of, pids)), time.process_time(), time.monotonic()
    await asyncio.gather(*(write(database, tenant, user, count) for user in users))
    took = time.monotonic() - began
    return Cost(
        events / took,
        1000 * (time.process_time() - ours) / events,
        1000 * (sum(map(cpu_of, pids)) - postgres) / events,
    )


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


async def measure(sizes: list[int], proved: list[int], rounds: int, count: int) -> None:
    print(f"load before: {os.getloadavg()}")
    async with place(core=None) as where:
        tenant, have = await prepare(where), 0
        database = open_database(where.urls.app, pool=WRITERS, application="openpartner-bench")
        try:
            for size in sizes:
                await grow(where.superuser, have, size)
                have = size
                users = [f"writer-{size}-{number}" for number in range(WRITERS)]
                for number, user in enumerate(users, 1):
                    await introduce(where, tenant, user, number)
                await cost(where, database, tenant, users, 20)
                costs = [await cost(where, database, tenant, users, count) for _ in range(rounds)]
                print(f"{size:>9,} past events: {told(costs)}", flush=True)
                if size in proved:
                    print(f"          verify: {await verify(where, tenant)}", flush=True)
        finally:
            await database.close()
    print(f"load after: {os.getloadavg()}")


def told(costs: list[Cost]) -> str:
    rates = ", ".join(f"{each.rate:.0f}" for each in costs)
    ours, postgres = (
        median(getattr(each, name) for each in costs) for name in ("ours_ms", "postgres_ms")
    )
    return (
        f"{median(each.rate for each in costs):.0f} a second ({rates});"
        f" CPU of an event: API {ours:.1f} ms, PostgreSQL {postgres:.2f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100, help="per writer and round")
    parser.add_argument("--verify", type=int, nargs="*", default=list(SIZES), help="at these sizes")
    given = parser.parse_args()
    asyncio.run(measure(given.sizes, given.verify, given.rounds, given.events))
