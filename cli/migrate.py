"""Brings the tables up to date, as the owner role, one migrator at a time."""

import asyncio
import os

import alembic.command
import alembic.util
import asyncpg
from alembic.config import Config
from sqlalchemy.exc import SQLAlchemyError

from cli.database_urls import parse
from cli.errors import CommandError
from cli.project import ROOT
from cli.roles import connect

# Alembic has no lock of its own: two containers that start at once would both migrate.
_LOCK = 460147012


async def migrate(owner_url: str) -> None:
    """Runs `upgrade head`; a second migrator waits, and then finds nothing left to do."""
    try:
        there = await connect(parse(owner_url))
    except asyncpg.PostgresError as error:
        raise CommandError(f"PostgreSQL turned the owner away: {error}") from error
    try:
        if not await there.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            print("Waiting for another migration to end.")
            await there.execute("select pg_advisory_lock($1)", _LOCK)
        before = await _revision(there)
        # In a thread, as Alembic's own script runs an event loop.
        await asyncio.to_thread(_upgrade, owner_url)
        after = await _revision(there)
    finally:
        await there.close()
    if before != after:
        print(f"The tables were migrated to {after}.")


async def _revision(there: asyncpg.Connection) -> str | None:
    try:
        found: str | None = await there.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return found


def _upgrade(owner_url: str) -> None:
    os.environ["DATABASE_URL_OWNER"] = owner_url  # Where alembic/env.py looks.
    try:
        alembic.command.upgrade(Config(str(ROOT / "alembic.ini")), "head")
    except (alembic.util.CommandError, SQLAlchemyError) as error:
        first = str(error).splitlines()[0]
        raise CommandError(f"The migration failed, and changed nothing: {first}") from error
