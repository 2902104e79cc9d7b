"""An installation of many brands: PostgreSQL and all load on core 1, every process of ours on core 0."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import httpx2

from bench.router.place import Place, place
from tests.support.brand import Brand, found_brand
from tests.support.databases import ROOT, Scratch
from tests.support.ports import free_port

OURS, LOAD = "0", 1
ROUTER, NOISY_RECEIVER, RECEIVER = free_port(), free_port(), free_port()
PARTNERS = 100
SEED_TENANTS = """
insert into tenants (id, slug, display_name)
select uuid_v7(), 'bench-' || n, 'Bench ' || n from generate_series(1, $1) n
"""
SEED_PARTNERS = """
insert into partners (tenant_id, id, email, name, activated_at)
select t.id, uuid_v7(), 'p' || n || '@example.com', 'Pat ' || n, now()
from tenants t cross join generate_series(1, $1) n where t.slug like 'b%-%'
"""


@dataclass(slots=True)
class Installation:
    """`brand` is the one whose times are taken; neighbors are made as a measurement needs them."""

    where: Place
    api_port: int
    http: httpx2.AsyncClient
    brand: Brand = field(init=False)

    async def new_brand(self) -> Brand:
        return await found_brand(self.http, Scratch(self.where.urls, self.where.superuser))

    async def execute(self, query: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self.where.superuser)
        try:
            await connection.execute(query, *arguments)
        finally:
            await connection.close()

    @property
    def environment(self) -> dict[str, str]:
        """Without limits, since they aren't what is measured, and free to call receivers on loopback.

        Only an installation with one workspace of its own may do that; keys name their brand anyway.
        """
        return {
            "OPENPARTNER_ENV": "development",
            "OPENPARTNER_TENANCY": "single",
            "OPENPARTNER_RATE_LIMITS": "false",
            "OPENPARTNER_ENABLE_SCHEDULER": "false",
            "OPENPARTNER_OUTBOUND_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8",
            "OPENPARTNER_OUTBOUND_ALLOWED_PORTS": f"{NOISY_RECEIVER},{RECEIVER}",
            "API_PORT": str(self.api_port),
            "DATABASE_URL_APP": self.where.urls.app,
            "DATABASE_URL_ROUTER": self.where.urls.router,
            "ROUTER_PORT": str(ROUTER),
            "ROUTER_JOURNAL_DIR": str(self.where.folder / "journal"),
            "ROUTER_IP_CAP_MAX": "1000000000",
            "SECRETS_ENCRYPTION_KEY": "11" * 32,
            "LOG_LEVEL": "ERROR",
        }

    @asynccontextmanager
    async def ours(self, module: str, **changes: str) -> AsyncIterator[None]:
        """One of our processes, such as `api.serve`, on core 0."""
        async with process(
            "taskset", "-c", OURS, sys.executable, "-m", module, **self.environment | changes
        ):
            yield


@asynccontextmanager
async def process(*command: str, **environment: str) -> AsyncIterator[None]:
    """On the core of whoever starts it, unless the command says otherwise."""
    started = subprocess.Popen(  # noqa: ASYNC220  # quick, and nothing is measured meanwhile
        command, cwd=ROOT, env=os.environ | environment
    )
    try:
        yield
    finally:
        started.terminate()
        await asyncio.to_thread(started.wait)


@asynccontextmanager
async def installation(tenants: int) -> AsyncIterator[Installation]:
    """Its API answers; the measured brand is the last of so many."""
    os.sched_setaffinity(0, {LOAD})
    api_port = free_port()
    async with (
        place(links=1, core=LOAD) as where,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{api_port}", timeout=120) as http,
    ):
        made = Installation(where, api_port, http)
        await made.execute(SEED_TENANTS, tenants - 1)
        made.brand = await made.new_brand()
        await made.execute(SEED_PARTNERS, PARTNERS)
        await made.execute("vacuum analyze")
        async with made.ours("api.serve"):
            await until_it_answers(http, "/health")
            yield made


async def until_it_answers(http: httpx2.AsyncClient, path: str) -> None:
    for _ in range(2400):
        try:
            await http.get(path)
        except httpx2.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise SystemExit(f"nothing answers at {http.base_url}")
