"""A scratch PostgreSQL with a tenant of a thousand links, on a core of its own."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from cli.postgres import Postgres
from cli.roles import Passwords, Urls, make_roles
from tests.support.databases import migrate

LINKS = 1000
SEED = """
insert into tenants (id, slug, display_name) values (md5('t')::uuid, 'bench', 'Bench');
insert into campaigns (tenant_id, id, name, terms_id, destination_url)
    values (md5('t')::uuid, md5('c')::uuid, 'C', md5('x')::uuid, 'https://shop.example/welcome?a=1');
insert into terms (tenant_id, id, campaign_id, kind, percent)
    values (md5('t')::uuid, md5('x')::uuid, md5('c')::uuid, 'percent', 20);
insert into partners (tenant_id, id, email, name)
    select md5('t')::uuid, md5('p' || i)::uuid, i || '@example.com', 'P'
    from generate_series(1, 50) as i;
insert into links (tenant_id, id, link_key, partner_id, campaign_id)
    select md5('t')::uuid, md5('l' || i)::uuid, 'key' || i, md5('p' || 1 + i % 50)::uuid, md5('c')::uuid
    from generate_series(1, {links}) as i;
analyze;
"""


@dataclass(frozen=True, slots=True)
class Place:
    """`superuser` looks and cleans up; the systems under test connect as `urls` say."""

    urls: Urls
    superuser: str
    folder: Path
    server: Postgres

    async def count(self) -> int:
        """Distinct clicks that are stored."""
        connection = await asyncpg.connect(self.superuser)
        try:
            return int(await connection.fetchval("select count(distinct id) from clicks"))
        finally:
            await connection.close()

    async def clear(self) -> None:
        """An empty table and a fresh checkpoint, so that each run starts alike."""
        connection = await asyncpg.connect(self.superuser)
        try:
            await connection.execute("truncate clicks")
            await connection.execute("checkpoint")
        finally:
            await connection.close()


@asynccontextmanager
async def place(
    links: int = LINKS, core: int | None = 1, parent: Path | None = None
) -> AsyncIterator[Place]:
    """Durable as in production: fsync and synchronous_commit are on."""
    with TemporaryDirectory(prefix="op-bench-", dir=parent) as name:
        folder = Path(name)
        let_through(folder)
        server = Postgres(folder)
        server.start()
        try:
            if core is not None and server.process is not None:
                pin(server.process.pid, core)
            yield await furnished(server, "bench", folder, links)
        finally:
            server.destroy()


async def furnished(server: Postgres, name: str, folder: Path, links: int = LINKS) -> Place:
    """A database of this name, with the tenant in it."""
    urls = await make_roles(server.url(), name, Passwords("o", "a", "r"))
    migrate(urls.owner)
    connection = await asyncpg.connect(server.url(name))
    await connection.execute(SEED.format(links=links))
    await connection.close()
    return Place(urls, server.url(name), folder, server)


def let_through(folder: Path) -> None:
    """PostgreSQL runs as a user of its own, and its data has to be on this very disk."""
    folder.chmod(0o711)


def pin(pid: int, core: int) -> None:
    """Processes started later inherit it."""
    subprocess.run(
        ["taskset", "-a", "-p", "-c", str(core), str(pid)], check=True, capture_output=True
    )
