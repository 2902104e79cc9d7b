"""A row of the brand's in every table that has none yet, made from PostgreSQL's own catalogue."""

import re
from typing import Any

import asyncpg

from tests.support.brand import Brand
from tests.support.digest import TABLES

# A word that stands in nobody else's rows: whoever reads it has read what is not theirs.
CANARY = "canary"

COLUMNS = """
select column_name as name, data_type as type, udt_name as inner_type
from information_schema.columns
where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'
order by ordinal_position
"""
CHECKS = """
select pg_get_constraintdef(oid) as text from pg_constraint
where conrelid = $1::regclass and contype = 'c'
"""
VALUES = {
    "uuid": "gen_random_uuid()",
    "integer": "1",
    "bigint": "1",
    "smallint": "1",
    "numeric": "1",
    "double precision": "1",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "jsonb": "'{}'",
    "bytea": "'x'",
    "interval": "interval '1 day'",
    "character": "'USD'",
    "inet": "'203.0.113.7'",
}
# Where a table's own checks leave fewer choices than its types do: `table.column`, an expression.
CHOSEN = {
    "adjustments.folded_at": "null",
    "corrections.kind": "'refund'",
    "corrections.status": "'succeeded'",
}


async def fill(brand: Brand, word: str) -> list[str]:
    """The tables that it could not fill, with the reason; what has a row already stays as it is."""
    connection = await brand.scratch.connect()
    unfilled = []
    try:
        # Foreign keys and triggers sleep: the row needs to be there, not to make sense.
        await connection.execute("set session_replication_role = replica")
        for table in [row["name"] for row in await connection.fetch(TABLES)]:
            query = f"select count(*) from {table} where tenant_id = $1"  # noqa: S608  # from the catalogue
            if await connection.fetchval(query, brand.tenant_id):
                continue
            try:
                await _insert(connection, brand, table, word)
            except asyncpg.PostgresError as problem:
                unfilled.append(f"{table}: {str(problem).splitlines()[0]}")
    finally:
        await connection.close()
    return unfilled


async def _insert(connection: asyncpg.Connection, brand: Brand, table: str, word: str) -> None:
    columns = await connection.fetch(COLUMNS, table)
    checks = [row["text"] for row in await connection.fetch(CHECKS, table)]
    values = {
        column["name"]: CHOSEN.get(f"{table}.{column['name']}") or _value(column, checks, word)
        for column in columns
    }
    values["tenant_id"] = f"'{brand.tenant_id}'"
    names = ", ".join(values)
    chosen = ", ".join(values.values())
    await connection.execute(f"insert into {table} ({names}) values ({chosen})")  # noqa: S608  # from the catalogue


def _value(column: Any, checks: list[str], word: str) -> str:
    """One of the words that the table's checks admit for this column, else one by its type."""
    for check in checks:
        if re.search(rf"\(\(?{column['name']}\)?::text = (ANY|')", check) or re.search(
            rf"\b{column['name']} = ANY", check
        ):
            first = re.search(r"'([^']*)'", check)
            if first is not None:
                return f"'{first[1]}'"
    if column["type"] == "ARRAY":
        return "'{}'"
    return VALUES.get(column["type"], f"'{CANARY}-{word}'")
