"""The doctor, on a healthy database and on ones with a fault each."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import time_machine

from cli.doctor.command import examine
from cli.doctor.finding import Finding, Level
from cli.doctor.target import Target
from cli.project import ROOT
from cli.roles import make_roles
from tests.cli.old_server import old_server
from tests.support.databases import PASSWORDS, Databases, Scratch

KEY = "0123456789abcdef" * 4


def target(scratch: Scratch, **changes: object) -> Target:
    variables = {
        "OPENPARTNER_ENV": "development",
        "DATABASE_URL_APP": scratch.urls.app,
        "DATABASE_URL_ROUTER": scratch.urls.router,
        "SECRETS_ENCRYPTION_KEY": KEY,
    }
    values = {
        "variables": variables,
        "app_url": scratch.urls.app,
        "router_url": scratch.urls.router,
        "privileged_url": scratch.superuser,
        "is_running": False,
        **changes,
    }
    return Target(**values)  # type: ignore[arg-type]  # test data


async def wrong(scratch: Scratch, **changes: object) -> list[Finding]:
    """What isn't well."""
    found = await examine(target(scratch, **changes))
    return [finding for finding in found if finding.level is not Level.OK]


@asynccontextmanager
async def changed(scratch: Scratch, statement: str, undo: str | None = None) -> AsyncIterator[None]:
    """A fault made by the superuser; roles are the whole server's, so theirs are undone."""
    connection = await asyncpg.connect(scratch.superuser)
    try:
        await connection.execute(statement)
        yield
    finally:
        if undo:
            await connection.execute(undo)
        await connection.close()


async def test_a_healthy_installation_has_nothing_to_fix(databases: Databases) -> None:
    scratch = await databases.fresh()
    found = await examine(target(scratch))
    assert [finding for finding in found if finding.level is not Level.OK] == []
    areas = {finding.area for finding in found}
    assert areas >= {"environment", "database", "clock", "migrations", "roles", "walls",
                     "partitions", "jobs", "mail"}  # fmt: skip


@pytest.mark.parametrize("statement", [
    "alter table partners no force row level security",
    "alter table partners disable row level security",
    "drop policy tenant_isolation on partners",
    "create policy everything on partners to openpartner_app using (true)",
])  # fmt: skip
async def test_a_hole_in_a_wall_is_found(databases: Databases, statement: str) -> None:
    scratch = await databases.fresh()
    async with changed(scratch, statement):
        (finding,) = await wrong(scratch)
    assert (finding.area, finding.level) == ("walls", Level.FAIL)
    assert finding.says.startswith("partners ")


async def test_a_new_table_without_walls_is_found(databases: Databases) -> None:
    scratch = await databases.fresh()
    async with changed(scratch, "create table notes (tenant_id uuid, text text)"):
        (finding,) = await wrong(scratch)
    assert finding.says.startswith("notes ")


async def test_a_month_without_partition_is_found(databases: Databases) -> None:
    scratch = await databases.fresh()
    following = (datetime.now(UTC).replace(day=1) + timedelta(days=32)).strftime("%Y_%m")
    async with changed(scratch, f"drop table clicks_{following}"):
        (finding,) = await wrong(scratch)
    assert (finding.area, finding.level) == ("partitions", Level.WARN)
    assert following in finding.says


async def test_an_older_migration_is_found(databases: Databases) -> None:
    scratch = await databases.fresh()
    async with changed(scratch, "update alembic_version set version_num = '0001_tables'"):
        (finding,) = await wrong(scratch)
    assert (finding.area, finding.level) == ("migrations", Level.FAIL)
    assert "openpartner migrate" in str(finding.fix)


async def test_a_database_without_tables_is_found(databases: Databases) -> None:
    await databases.fresh()
    server = databases.server.url()
    urls = await make_roles(server, "doctor_empty", PASSWORDS)
    empty = Scratch(urls, databases.server.url("doctor_empty"))
    failed = {finding.area for finding in await wrong(empty)}
    assert failed >= {"migrations", "walls", "jobs"}


@pytest.mark.parametrize(("power", "says"), [
    ("createdb", "openpartner_app may make databases."),
    ("createrole", "openpartner_app may make roles."),
    ("bypassrls", "openpartner_app passes row security."),
    ("superuser", "openpartner_app is a superuser."),
])  # fmt: skip
async def test_a_role_that_is_too_strong_is_found(
    databases: Databases, power: str, says: str
) -> None:
    scratch = await databases.fresh()
    role = "alter role openpartner_app"
    async with changed(scratch, f"{role} {power}", undo=f"{role} no{power}"):
        found = await wrong(scratch)
    assert (found[0].area, found[0].level, found[0].says) == ("roles", Level.FAIL, says)


async def test_a_role_that_may_act_as_the_owner_is_found(databases: Databases) -> None:
    scratch = await databases.fresh()
    grant = "grant openpartner_owner to openpartner_app"
    async with changed(scratch, grant, undo="revoke openpartner_owner from openpartner_app"):
        found = await wrong(scratch)
    assert "openpartner_app may act as openpartner_owner." in {finding.says for finding in found}


async def test_a_wrong_password_is_found_and_the_rest_is_examined_all_the_same(
    databases: Databases,
) -> None:
    scratch = await databases.fresh()
    guess = scratch.urls.app.replace(PASSWORDS.app, "guessed")
    found = await examine(target(scratch, app_url=guess))
    (finding,) = [finding for finding in found if finding.level is not Level.OK]
    assert (finding.area, finding.level) == ("roles", Level.FAIL)
    assert "openpartner_app can't log in" in finding.says
    assert "guessed" not in finding.says
    assert {"walls", "migrations"} <= {finding.area for finding in found}


async def test_a_database_that_is_away_is_one_clear_line(databases: Databases) -> None:
    scratch = await databases.fresh()
    nowhere = "postgresql+asyncpg://openpartner_app:pw@127.0.0.1:1/openpartner"
    found = await wrong(scratch, app_url=nowhere, router_url=None, privileged_url=None)
    assert [finding.area for finding in found] == ["database"]
    assert "127.0.0.1:1 can't be reached" in found[0].says


async def test_a_server_that_is_too_old_is_asked_nothing(scratch: Scratch) -> None:
    async with old_server("14.9") as url:
        (finding,) = await wrong(scratch, app_url=url, router_url=None)
    assert finding.says == "PostgreSQL 14 is too old."


async def test_clocks_that_differ_are_found(databases: Databases) -> None:
    scratch = await databases.fresh()
    for ahead, level in ((10, Level.WARN), (600, Level.FAIL)):
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead)):
            (finding,) = await wrong(scratch)
        assert (finding.area, finding.level) == ("clock", level)


async def test_work_that_nobody_does_is_found(databases: Databases) -> None:
    scratch = await databases.fresh()
    write = (
        "insert into jobs (tenant_id, id, name, arguments, run_at, dead_at) select id,"
        " gen_random_uuid(), 'partners.welcome', '{}', now() - interval '1 hour', %s from tenants"
    )
    async with changed(scratch, write % "now()"):
        (finding,) = await wrong(scratch)
    assert (finding.level, finding.says[:24]) == (Level.WARN, "1 of partners.welcome fa")
    async with changed(scratch, write % "null"):
        late = (await wrong(scratch))[0]
    assert (late.area, late.level) == ("jobs", Level.FAIL)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """As an operator does, with nothing else in the environment."""
    return subprocess.run(
        [sys.executable, "-m", "cli", "doctor", "--folder", str(folder), *words],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "API_PORT": "4601"},
        check=False,
        capture_output=True,
        text=True,
    )


def test_where_nothing_is_installed_it_says_so_and_fails(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "fail  database     Nothing is installed" in done.stdout
    assert "→ Run `make up`." in done.stdout


def test_machines_read_the_same(tmp_path: Path) -> None:
    done = run(tmp_path, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"]) == (1, False)
    (finding,) = [each for each in said["findings"] if each["area"] == "database"]
    assert finding["level"] == "fail"
    assert finding["fix"] == "Run `make up`."
