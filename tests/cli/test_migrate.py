"""`openpartner migrate`: on whichever server there is, and safe when two do it at once."""

from contextlib import ExitStack
from pathlib import Path

import asyncpg

from cli.database_urls import for_engine, parse
from cli.postgres import Postgres
from cli.roles import Passwords, make_roles
from tests.cli.running import Running

DONE = "The database is up to date."


def migrating(folder: Path, **environment: str) -> Running:
    return Running.module("cli", "migrate", "--folder", folder, **environment)


async def revision(url: str) -> object:
    there = await asyncpg.connect(url)
    try:
        return await there.fetchval("select version_num from alembic_version")
    finally:
        await there.close()


def test_our_own_server_is_started_for_it_and_stopped_again(folder: Path) -> None:
    with migrating(folder) as run:
        run.wait_for("The tables were migrated to")
        assert run.end() == 0
        assert DONE in run.output
    assert (folder / "postgres" / "PG_VERSION").exists()
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_our_own_server_is_used_where_it_runs(postgres: Postgres) -> None:
    postgres.start()
    with migrating(postgres.folder) as run:
        assert run.end() == 0, run.output
    assert postgres.is_ready()
    assert await revision(postgres.url("openpartner"))


async def test_several_at_once_are_safe(server: Postgres, folder: Path) -> None:
    url = server.url("several")
    with ExitStack() as stack:
        runs = [stack.enter_context(migrating(folder, DATABASE_URL=url)) for _ in range(3)]
        for run in runs:
            assert run.end() == 0, run.output
            assert DONE in run.output
        assert sum("were migrated to" in run.output for run in runs) == 1
    assert await revision(url)


async def test_with_the_owners_url_only_the_tables_are_touched(
    server: Postgres, folder: Path
) -> None:
    urls = await make_roles(server.url(), "byhand", Passwords.of(folder))
    with migrating(folder, DATABASE_URL_OWNER=urls.owner) as run:
        assert run.end() == 0, run.output
    assert await revision(server.url("byhand"))


async def test_a_database_newer_than_the_code_is_one_line(server: Postgres, folder: Path) -> None:
    urls = await make_roles(server.url(), "newer", Passwords.of(folder))
    there = await asyncpg.connect(server.url("newer"))
    await there.execute("create table public.alembic_version (version_num text primary key)")
    await there.execute("insert into alembic_version values ('from_the_future')")
    await there.execute("alter table alembic_version owner to openpartner_owner")
    await there.close()
    with migrating(folder, DATABASE_URL_OWNER=for_engine(parse(urls.owner))) as run:
        assert run.end() == 1
        assert "The migration failed" in run.output
        assert "from_the_future" in run.output
        assert len(run.output.splitlines()) == 1


async def test_an_owner_who_is_turned_away_is_one_line(server: Postgres, folder: Path) -> None:
    urls = await make_roles(server.url(), "guarded", Passwords.of(folder))
    with migrating(folder, DATABASE_URL_OWNER=urls.owner.replace("guarded", "missing")) as run:
        assert run.end() == 1
        assert run.output.startswith("openpartner: PostgreSQL turned the owner away:")
        assert len(run.output.splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_one_line(folder: Path) -> None:
    (folder / "file").touch()
    with migrating(folder / "file" / "below") as run:
        assert run.end() == 1
        assert "can't be written" in run.output
        assert len(run.output.splitlines()) == 1
