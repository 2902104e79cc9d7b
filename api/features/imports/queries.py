"""Statements that put rows back: PostgreSQL reads the JSON, each value as its column's type."""

from collections.abc import Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, Insert, insert

from api.features.exports.for_others import OwnedTable


def put_back(owned: OwnedTable, names: Sequence[str]) -> Insert:
    """Inserts `:rows`, a JSON array of objects with these names, but for what is there already.

    Columns that the bundle doesn't name get their defaults; the tenant is always the pinned one.
    """
    targets = [owned.columns[name] for name in names]
    types = (column(name, target.type) for name, target in zip(names, targets, strict=True))
    given = (
        func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
        .table_valued(*types)
        .render_derived(name="given", with_types=True)
    )
    values = [
        _value(given.columns[name], target) for name, target in zip(names, targets, strict=True)
    ]
    return (
        insert(owned.table)
        .from_select([target.name for target in targets], select(*values), include_defaults=False)
        .on_conflict_do_nothing()
    )


def _value(given: ColumnElement[object], target: Column[object]) -> ColumnElement[object]:
    # A JSON null comes out of a record as no value at all.
    if isinstance(target.type, JSONB) and not target.nullable:
        return func.coalesce(given, literal_column("'null'::jsonb"))
    return given
