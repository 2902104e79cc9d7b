"""Writes a brand's tables out as a stream: one snapshot, and a few hundred rows in memory at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.exports.errors import TableNotExportable, UnsupportedFormat
from api.features.exports.queries import (
    Lines,
    csv_lines,
    json_lines,
    keys,
    only,
    sql_values,
    without_imports,
)
from api.features.exports.tables import BY_NAME, OWNED, OwnedTable
from api.fields import UtcTime
from shared.database import Database

SCHEMA_VERSION = 1
ROWS = 500
SNAPSHOT = text("set transaction isolation level repeatable read")
WRITTEN = TypeAdapter[datetime](UtcTime)

SQL_HEADER = """\
-- Put this back, once or several times, into a workspace that exists, as openpartner_app:
--   psql "$DATABASE_URL" -v tenant_id=<the workspace's id> -f <this file>
\\set ON_ERROR_STOP on
begin;
select set_config('app.tenant_id', :'tenant_id', true);
"""
SQL_FOOTER = "\ncommit;\n"

Texts = AsyncIterator[str]


@asynccontextmanager
async def snapshot(database: Database, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    """All tables as they were at one moment, however long it takes to read them."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        await session.execute(SNAPSHOT)
        yield session


def table_called(name: str) -> OwnedTable:
    """By its name in bundles, such as `Partner`, or in the database, such as `partners`."""
    if (owned := BY_NAME.get(name)) is None:
        raise TableNotExportable(tables=[owned.wire for owned in OWNED])
    return owned


async def json_bundle(session: AsyncSession, at: datetime | None) -> Texts:
    """Everything, a row a line; the same rows and the same `at` are the same bytes."""
    written = WRITTEN.dump_python(at or (await session.scalars(select(func.now()))).one())
    yield f'{{"exportedAt":"{written}","schemaVersion":{SCHEMA_VERSION},"tables":{{'
    for place, owned in enumerate(OWNED):
        yield f'{"," if place else ""}\n"{owned.wire}":'
        async for part in _json_array(session, owned, without_imports(json_lines(owned), owned)):
            yield part
    yield "\n}}\n"


async def sql_bundle(session: AsyncSession) -> Texts:
    """Everything, as statements that psql carries out in one transaction."""
    yield SQL_HEADER
    for owned in OWNED:
        async for part in _inserts(session, owned, without_imports(sql_values(owned), owned)):
            yield part
    yield SQL_FOOTER


def table_as(session: AsyncSession, owned: OwnedTable, wanted: str) -> Texts:
    """One table, whole."""
    writers = {"json": _json_table, "csv": _csv_table, "sql": _sql_table}
    return writers[wanted](session, owned)


def refuse_unknown_format(wanted: str) -> None:
    if wanted not in {"json", "csv", "sql"}:
        raise UnsupportedFormat


async def _json_table(session: AsyncSession, owned: OwnedTable) -> Texts:
    async for part in _json_array(session, owned, json_lines(owned)):
        yield part
    yield "\n"


async def _csv_table(session: AsyncSession, owned: OwnedTable) -> Texts:
    yield ",".join(owned.columns) + "\r\n"
    async for lines in _some(session, owned, csv_lines(owned)):
        yield "".join(f"{line}\r\n" for line in lines)


async def _sql_table(session: AsyncSession, owned: OwnedTable) -> Texts:
    yield SQL_HEADER
    async for part in _inserts(session, owned, sql_values(owned)):
        yield part
    yield SQL_FOOTER


async def _json_array(session: AsyncSession, owned: OwnedTable, query: Lines) -> Texts:
    before = "[\n"
    async for lines in _some(session, owned, query):
        yield before + ",\n".join(lines)
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


async def _inserts(session: AsyncSession, owned: OwnedTable, query: Lines) -> Texts:
    columns = ", ".join(f'"{column.name}"' for column in owned.columns.values())
    opening = f'\ninsert into "{owned.name}" ({columns}) values\n'
    empty = True
    async for lines in _some(session, owned, query):
        yield opening + ",\n".join(lines) + "\non conflict do nothing;\n"
        empty = False
    if empty:
        yield f"\n-- {owned.wire}: no rows\n"


async def _some(session: AsyncSession, owned: OwnedTable, query: Lines) -> AsyncIterator[list[str]]:
    """As many rows as fit a statement of the SQL export, through a cursor on the server."""
    if owned.is_heavy:
        for key in (await session.execute(keys(owned))).all():
            yield [(await session.scalars(only(query, owned, key))).one()]
        return
    found = await session.stream_scalars(query, execution_options={"yield_per": ROWS})
    async for lines in found.partitions(ROWS):
        yield list(lines)
