"""Rows as text, one column each, written by PostgreSQL: JSON, a line of CSV, or values for SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Numeric,
    Select,
    String,
    Text,
    case,
    cast,
    collate,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from api.features.exports.tables import OwnedTable

MICROSECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
# A cell that begins with one of these is run by some spreadsheet, full-width letters included. The
# apostrophe is escaped too, so that taking one away restores every cell exactly.
ESCAPED = tuple("'=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# The entry that tells of an import belongs to the installation that it was made in.
IMPORTED = "import_bundle"

Lines = Select[Any]


def json_lines(owned: OwnedTable) -> Lines:
    """One JSON object a row."""
    row = select(*(_exact(column).label(name) for name, column in owned.columns.items())).correlate(
        owned.table
    )
    line = func.row_to_json(literal_column("line"))
    return _in_order(select(cast(line, Text)), owned).join(row.lateral("line"), true())


def csv_lines(owned: OwnedTable) -> Lines:
    """One line a row; an empty cell is null, and an empty text is `""`."""
    cells = [func.coalesce(_cell(column), "") for column in owned.columns.values()]
    return _in_order(select(func.concat_ws(",", *cells)), owned)


def sql_values(owned: OwnedTable) -> Lines:
    """One parenthesis a row, quoted by PostgreSQL itself."""
    values = [func.quote_nullable(cast(column, Text)) for column in owned.columns.values()]
    return _in_order(select(func.concat("(", func.concat_ws(", ", *values), ")")), owned)


def without_imports(lines: Lines, owned: OwnedTable) -> Lines:
    """A bundle put back elsewhere, and taken from there again, is the same bundle."""
    if owned.name != "audit_entries":
        return lines
    return lines.where(owned.table.columns["action"] != IMPORTED)


def keys(owned: OwnedTable) -> Select[Any]:
    """What identifies each row, for reading them one by one."""
    wanted: Lines = select(*owned.key)  # type: ignore[assignment]  # as many columns as the key has
    return _in_order(wanted, owned)


def only(lines: Lines, owned: OwnedTable, key: Sequence[Any]) -> Lines:
    """Of these lines that of one row."""
    return lines.where(*(column == value for column, value in zip(owned.key, key, strict=True)))


def _in_order(lines: Lines, owned: OwnedTable) -> Lines:
    # A database's own collation differs from one machine to the next.
    keys = [collate(key, "C") if isinstance(key.type, String) else key for key in owned.key]
    return lines.select_from(owned.table).order_by(*keys)


def _exact(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As JSON without loss: numbers with decimals are strings, times have microseconds and a Z."""
    if isinstance(column.type, DateTime):
        return func.to_char(func.timezone("UTC", column), MICROSECONDS)
    if isinstance(column.type, Numeric):
        return cast(column, Text)
    return column


def _cell(column: ColumnElement[Any]) -> ColumnElement[str]:
    kind = column.type
    if isinstance(kind, JSONB):
        return _quoted(cast(column, Text))
    if isinstance(kind, ARRAY):
        return _quoted(cast(func.to_json(column), Text))
    if isinstance(kind, String):
        return _quoted(_harmless(column))
    return cast(_exact(column), Text)


def _harmless(column: ColumnElement[Any]) -> ColumnElement[Any]:
    first = func.left(column, 1)
    return case((first.in_(ESCAPED), func.concat("'", column)), else_=column)


def _quoted(text: ColumnElement[Any]) -> ColumnElement[str]:
    return literal('"') + func.replace(text, '"', '""') + literal('"')
