"""A backup made and restored as the guide says is the same database, walls included."""

import asyncio
import subprocess
from pathlib import Path
from uuid import uuid4

from cli.doctor.command import examine
from cli.doctor.finding import Level
from cli.roles import make_roles
from tests.cli.test_doctor import target
from tests.deploy.dockerfile import ROOT
from tests.support.databases import PASSWORDS, Databases, Scratch


async def test_what_was_dumped_is_restored_with_its_walls(
    databases: Databases, tmp_path: Path
) -> None:
    before = await databases.fresh()
    written = await write(before)
    server, dump = databases.server.url(), str(tmp_path / "dump")
    restored = databases.server.url(name := f"restored_{uuid4().hex[:8]}")
    await run(databases, "pg_dump", "-Fc", before.superuser, "-f", dump)
    made = ("-O", "openpartner_owner", "-T", "template0")
    await run(databases, "createdb", *made, "--maintenance-db", server, name)
    await run(databases, "pg_restore", "-d", restored, dump)
    # As `openpartner migrate` does at the next start.
    after = Scratch(await make_roles(server, name, PASSWORDS), restored)
    assert await read(after) == written
    found = await examine(target(after))
    assert [finding for finding in found if finding.level is Level.FAIL] == []


def test_the_guide_says_the_same() -> None:
    guide = (ROOT / "docs" / "guides" / "deploy.md").read_text()
    assert "pg_dump -U postgres -Fc openpartner >" in guide
    assert "createdb -U postgres -O openpartner_owner -T template0 openpartner" in guide
    assert "pg_restore -U postgres -d openpartner <" in guide


async def run(databases: Databases, program: str, *words: str) -> None:
    """One of PostgreSQL's own programs; a warning from it is a failure too."""
    path = databases.server.place.programs / program
    process = await asyncio.create_subprocess_exec(path, *words, stderr=subprocess.PIPE)
    _, complaints = await process.communicate()
    assert (process.returncode, complaints) == (0, b"")


async def write(scratch: Scratch) -> list[tuple[object, ...]]:
    """Somebody, and a click in the partition of its month."""
    connection = await scratch.connect()
    try:
        tenant = await connection.fetchval("select id from tenants")
        partner, click = uuid4(), uuid4()
        await connection.execute(
            "insert into partners (tenant_id, id, email, name) values ($1, $2, 'a@b.example', 'A')",
            tenant, partner,
        )  # fmt: skip
        await connection.execute(
            "insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url)"
            " values ($1, $2, now(), $3, $3, 'https://shop.example')",
            tenant, click, partner,
        )  # fmt: skip
    finally:
        await connection.close()
    return await read(scratch)


async def read(scratch: Scratch) -> list[tuple[object, ...]]:
    connection = await scratch.connect()
    try:
        rows = await connection.fetch(
            "select p.id, p.email, c.id, c.ts, c.tableoid::regclass::text from partners p"
            " join clicks c on c.partner_id = p.id"
        )
        return [tuple(row) for row in rows]
    finally:
        await connection.close()
