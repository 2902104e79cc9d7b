"""Puts a bundle back: in one transaction, in batches, and never over what is there already."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any, NoReturn

import orjson
from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.exports.for_others import BY_NAME, SCHEMA_VERSION, OwnedTable
from api.features.imports.bundle import BundleReader, Row
from api.features.imports.errors import BundleMisfit, UnsupportedSchemaVersion
from api.features.imports.queries import put_back
from api.features.imports.schemas import ImportCounts

ROWS = 1000
BYTES = 1024 * 1024
# What PostgreSQL says of values that it can't take: data, integrity, too complex.
OF_THE_BUNDLE = ("22", "23", "54")
CHECK_NOW = text("set constraints all immediate")


@dataclass(slots=True)
class Restored:
    """What came of it, and the digest of the bundle, for the record."""

    counts: ImportCounts
    digest: str

    @property
    def changed(self) -> bool:
        return any(self.counts.inserted.values())


@dataclass(slots=True)
class Batch:
    """Rows of one table with the same fields, on their way into the database."""

    session: AsyncSession
    counts: ImportCounts = field(default_factory=lambda: ImportCounts(inserted={}, skipped={}))
    owned: OwnedTable | None = None
    names: tuple[str, ...] = ()
    rows: list[bytes] = field(default_factory=list)
    size: int = 0

    async def add(self, owned: OwnedTable, row: Row) -> None:
        row.pop("tenantId", None)
        names = tuple(row)
        if self.owned is not owned or self.names != names:
            await self.store()
            _refuse_unknown(owned, names)
            self.owned, self.names = owned, names
        try:
            written = orjson.dumps(row, default=_digits)
        except orjson.JSONEncodeError as problem:
            raise BundleMisfit(f"{owned.wire}: {problem}") from problem
        self.rows.append(written)
        self.size += len(written)
        if len(self.rows) >= ROWS or self.size >= BYTES:
            await self.store()

    async def store(self) -> None:
        """One statement, whatever the number of rows."""
        if self.owned is None or not self.rows:
            return
        wire, count = self.owned.wire, len(self.rows)
        document = b"[" + b",".join(self.rows) + b"]"
        self.rows, self.size = [], 0
        stored = await _stored(
            self.session, put_back(self.owned, self.names), wire, rows=document.decode()
        )
        self.counts.inserted[wire] += stored
        self.counts.skipped[wire] += count - stored


async def restore(session: AsyncSession, pieces: AsyncIterator[bytes]) -> Restored:
    """All of the bundle, or nothing: what doesn't fit raises, and the caller rolls back."""
    reader, batch, digest = BundleReader(), Batch(session), sha256()
    async for piece in pieces:
        digest.update(piece)
        for name, row in reader.feed(piece):
            _look_around(reader, batch)
            await batch.add(_table(name), row)
        _look_around(reader, batch)
    reader.finish()
    _look_around(reader, batch)
    if reader.version is None:
        raise UnsupportedSchemaVersion(supported=[SCHEMA_VERSION])
    await batch.store()
    # Now rather than at the commit, when nobody could say any more what was wrong.
    await _stored(session, CHECK_NOW, "the bundle as a whole")
    return Restored(batch.counts, digest.hexdigest())


def _look_around(reader: BundleReader, batch: Batch) -> None:
    """Refuses what can't become right as soon as it is known, and counts empty tables too."""
    if reader.version is not None and (
        type(reader.version) is not int or reader.version != SCHEMA_VERSION
    ):
        raise UnsupportedSchemaVersion(supported=[SCHEMA_VERSION])
    counts = batch.counts
    for name in reader.tables[len(counts.inserted) :]:
        wire = _table(name).wire
        if wire in counts.inserted:
            raise BundleMisfit(f"{wire} appears twice")
        counts.inserted[wire] = counts.skipped[wire] = 0


def _table(name: str) -> OwnedTable:
    if (owned := BY_NAME.get(name)) is None:
        raise BundleMisfit(f"{name[:100]} is no table that can be put back")
    return owned


def _refuse_unknown(owned: OwnedTable, names: tuple[str, ...]) -> None:
    if unknown := [name for name in names if name not in owned.columns]:
        raise BundleMisfit(f"{owned.wire} has no field {unknown[0][:100]}")
    if not names:
        raise BundleMisfit(f"{owned.wire} has a row without fields")


def _digits(value: Any) -> orjson.Fragment:
    """A number with decimals, digit by digit as it came."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


async def _stored(session: AsyncSession, statement: Executable, what: str, **values: str) -> int:
    try:
        done = await session.execute(statement, values)
    except DBAPIError as problem:
        _blame(problem, what)
    return done.rowcount if isinstance(done, CursorResult) else 0


def _blame(problem: DBAPIError, what: str) -> NoReturn:
    state = str(getattr(problem.orig, "sqlstate", ""))
    if not state.startswith(OF_THE_BUNDLE):
        raise problem
    said = problem.orig.__cause__ if problem.orig else None
    raise BundleMisfit(f"{what}: {str(said)[:300]}") from problem
