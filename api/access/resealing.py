"""Seals every secret under the newest key, while everybody goes on working with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Text, bindparam, cast, select, text, tuple_, update
from sqlalchemy.sql.dml import Update

from api.access.sealed_columns import SEALED, table_and_column
from api.access.sealing import Sealer, Unreadable, in_row
from shared.database import Database

# A nonce and a tag at least, behind the key's id.
SEALED_TEXT = re.compile(r"[0-9a-f]{8}\.[A-Za-z0-9_-]{38,}={0,2}")
BATCH = 100


@dataclass(slots=True)
class Tally:
    """`lost`: changed by somebody else meanwhile; `unreadable`: no key of ours opens it."""

    resealed: int = 0
    lost: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One column of one tenant's rows."""

    tenant_id: UUID
    table: Table
    column: str
    fields: tuple[str, ...]

    @property
    def keys(self) -> list[Any]:
        """The primary key; the tenant is pinned, so it is said already."""
        return [column for column in self.table.primary_key if column.name != "tenant_id"]

    def fields_of(self, key: Sequence[Any]) -> tuple[str, ...]:
        """What is sealed in this row; a setting's field names its row by itself."""
        if [column.name for column in self.keys] != ["id"]:
            return self.fields
        return tuple(in_row(field, key[0]) for field in self.fields)

    def update(self) -> Update:
        """Of one row, as long as it is as it was read."""
        held = self.table.c[self.column]
        same = [column == bindparam(f"key_{column.name}") for column in self.keys]
        change: dict[str, Any] = {self.column: bindparam("fresh", type_=held.type)}
        if "updated_at" in self.table.c:
            # Nobody changed anything that people would see.
            change["updated_at"] = self.table.c.updated_at
        return (
            update(self.table)
            .where(*same, held == bindparam("before", type_=held.type))
            .values(change)
        )


async def reseal_everything(database: Database, sealer: Sealer, batch: int = BATCH) -> Tally:
    """Every tenant, column by column. What is done stays done, so it can be stopped and run again."""
    async with database.unpinned_session() as session:
        tenants = list(await session.scalars(text("select * from every_tenant()")))
    total = Tally()
    for tenant_id in tenants:
        for name, fields in SEALED.items():
            place = Place(tenant_id, *table_and_column(name), fields)
            while True:
                done = await _reseal(database, sealer, place, batch)
                total.resealed += done.resealed
                if not done.lost:
                    break
            total.unreadable += done.unreadable
    return total


async def _reseal(database: Database, sealer: Sealer, place: Place, batch: int) -> Tally:
    """Goes through the column once."""
    tally = Tally()
    last: tuple[Any, ...] | None = None
    while True:
        query = select(*place.keys, place.table.c[place.column]).where(_is_old(sealer, place))
        if last is not None:
            query = query.where(tuple_(*place.keys) > last)
        async with database.tenant_session(place.tenant_id, read_only=True) as session:
            rows = (await session.execute(query.order_by(*place.keys).limit(batch))).all()
        if not rows:
            return tally
        last = tuple(rows[-1][:-1])
        await _write(database, sealer, place, [tuple(row) for row in rows], tally)


async def _write(
    database: Database, sealer: Sealer, place: Place, rows: list[tuple[Any, ...]], tally: Tally
) -> None:
    statement = place.update()
    async with database.tenant_session(place.tenant_id) as session:
        for *key, before in rows:
            try:
                fresh = _resealed(sealer, place.tenant_id, place.fields_of(key), before)
            except Unreadable:
                tally.unreadable += 1
                continue
            named = {
                f"key_{column.name}": value for column, value in zip(place.keys, key, strict=True)
            }
            written = await session.execute(
                statement.returning(*place.keys), {**named, "before": before, "fresh": fresh}
            )
            if written.one_or_none() is None:
                tally.lost += 1
            else:
                tally.resealed += 1


def _is_old(sealer: Sealer, place: Place) -> ColumnElement[bool]:
    pattern = rf'(^|")(?!{sealer.newest})[0-9a-f]{{8}}\.[A-Za-z0-9_-]{{38,}}={{0,2}}("|$)'
    return cast(place.table.c[place.column], Text).regexp_match(pattern)


def _resealed(sealer: Sealer, tenant_id: UUID, fields: Sequence[str], value: Any) -> Any:
    """The same with every sealed text in it under the newest key."""
    if isinstance(value, dict):
        return {name: _resealed(sealer, tenant_id, fields, old) for name, old in value.items()}
    if isinstance(value, list):
        return [_resealed(sealer, tenant_id, fields, old) for old in value]
    if not isinstance(value, str) or not SEALED_TEXT.fullmatch(value):
        return value
    if value.startswith(f"{sealer.newest}."):
        return value
    for field in fields:
        try:
            opened = sealer.unseal(value, tenant_id, field)
        except Unreadable:
            continue
        return sealer.seal(opened, tenant_id, field)
    raise Unreadable
