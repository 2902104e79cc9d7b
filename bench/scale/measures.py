"""What is measured, each through the very code that does it in earnest."""

import asyncio
import hashlib
import os
import time
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Self
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto

from api.features.analytics import service
from api.features.analytics.queries import every_partner
from api.features.attribution.queries import touches_of
from bench.router.place import LINKS, Place
from bench.scale.filling import PARTNERS
from router.insert import insert
from shared.database import Database, open_database
from shared.visitor import new_click_id

BATCH = 64


def named(name: str) -> UUID:
    """As the seed makes ids."""
    return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())


TENANT, PARTNER, CAMPAIGN = named("t"), named("p2"), named("c")


def cpu_of(process: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Measures:
    """One database, and a router of its own in front of it."""

    def __init__(
        self, where: Place, inserter: asyncpg.Connection, database: Database, port: int, router: int
    ) -> None:
        self._where = where
        self._router = router
        self._inserter = inserter
        self._database = database
        self._port = port
        self._numbers = count(1)
        self._visitor: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @classmethod
    async def of(cls, where: Place, port: int, router: int) -> Self:
        """`router` is the process of the router that listens on `port`."""
        inserter = await asyncpg.connect(where.urls.router.replace("+asyncpg", ""))
        return cls(where, inserter, open_database(where.urls.app, pool=2), port, router)

    async def cpu(self) -> float:
        """Seconds that the database's connections and the router have computed."""
        looking = await asyncpg.connect(self._where.superuser)
        rows = await looking.fetch(
            "select pid from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
            " and backend_type = 'client backend'"
        )
        await looking.close()
        return sum(cpu_of(pid) for pid in (self._router, *(row["pid"] for row in rows)))

    async def close(self) -> None:
        if self._visitor is not None:
            self._visitor[1].close()
        await self._inserter.close()
        await self._database.close()

    async def insert(self) -> None:
        """One flush of a router: 64 clicks of as many links, committed."""
        now = int(time.time() * 1000)
        clicks = [self._click(1 + next(self._numbers) % LINKS, now) for _ in range(BATCH)]
        assert await insert(self._inserter, clicks, 30) == 0

    @staticmethod
    def _click(number: int, now: int) -> tuple[object, ...]:
        ids = TENANT, named(f"l{number}"), named(f"p{1 + number % PARTNERS}"), CAMPAIGN
        tenant, link, partner, campaign = (pgproto.UUID(one.bytes) for one in ids)
        return (
            tenant, pgproto.UUID(new_click_id(now)), now, link, partner, campaign,
            "https://shop.example/welcome?cref=x", "0" * 32, "Mozilla/5.0", None, None, None, None,
            None,
        )  # fmt: skip

    async def redirect(self) -> None:
        """A lone visitor's whole way: asked over HTTP, answered once the click is committed."""
        if self._visitor is None:
            self._visitor = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._visitor
        number = 1 + next(self._numbers) % LINKS
        writer.write(
            b"GET /r/bench/key%d HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n\r\n" % number
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 302")

    async def dashboard(self) -> None:
        await self._dashboard(service.beginning(None))

    async def dashboard_since_noon(self) -> None:
        """Half of its first day has to be counted click by click."""
        await self._dashboard(service.beginning(None) + timedelta(hours=12))

    async def _dashboard(self, since: datetime) -> None:
        async with self._database.tenant_session(TENANT) as session:
            await service.dashboard(session, PARTNER, since, with_links=True)

    async def overview(self) -> None:
        since = service.beginning(None)
        async with self._database.tenant_session(TENANT) as session:
            partners = list((await session.scalars(every_partner())).all())
            await service.totals(session, since)
            await service.partner_figures(session, partners, since)

    async def funnel(self) -> None:
        async with self._database.tenant_session(TENANT) as session:
            await service.funnel(session, PARTNER, service.beginning(None))

    async def attribution(self) -> None:
        """A customer's touches, as every event looks them up."""
        async with self._database.tenant_session(TENANT) as session:
            assert (await session.execute(touches_of("customer"))).all()
