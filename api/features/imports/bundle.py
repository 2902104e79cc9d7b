"""Reads a bundle piece by piece: rows come out as soon as they are complete, and none is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from typing import Any

import ijson

from api.features.imports.errors import BundleMisfit

LARGEST_ROW = 16 * 1024 * 1024
LARGEST_INTEGER = 2**63 - 1
MADE: dict[str, type[Any]] = {"start_map": dict, "start_array": list}
OPENING = frozenset(MADE)
CLOSING = frozenset({"end_map", "end_array"})

Row = dict[str, Any]


class Place(Enum):
    """Where in the bundle the reader is, while it is in no row."""

    OUTSIDE = auto()
    MEMBERS = auto()
    TABLES = auto()
    ROWS = auto()


# What may come where, and where that leads.
STEPS = {
    (Place.OUTSIDE, "start_map"): Place.MEMBERS,
    (Place.MEMBERS, "map_key"): Place.MEMBERS,
    (Place.MEMBERS, "start_map"): Place.TABLES,
    (Place.MEMBERS, "end_map"): Place.OUTSIDE,
    (Place.TABLES, "map_key"): Place.TABLES,
    (Place.TABLES, "start_array"): Place.ROWS,
    (Place.TABLES, "end_map"): Place.MEMBERS,
    (Place.ROWS, "start_map"): Place.ROWS,
    (Place.ROWS, "end_array"): Place.TABLES,
}
SHAPE = 'it should look like {"schemaVersion":1,"tables":{"Partner":[{…}]}}'


@dataclass(slots=True)
class BundleReader:
    """`feed` it bytes; it yields (table, row). `version` and `tables` are what has come by so far."""

    version: object = None
    tables: list[str] = field(default_factory=list)
    has_tables: bool = False
    place: Place = Place.OUTSIDE
    member: str | None = None
    passed_over: int = 0
    since_row: int = 0
    events: Any = field(default_factory=ijson.sendable_list)
    parser: Any = None

    # The row that is being read, the objects and arrays in it that are still open, the name of the next.
    stack: list[Any] = field(default_factory=list)
    key: str = ""

    def __post_init__(self) -> None:
        self.parser = ijson.basic_parse_coro(self.events)

    def feed(self, piece: bytes) -> Iterator[tuple[str, Row]]:
        """The rows that this piece completes."""
        if not piece:
            # To the parser that would be the end.
            return
        self.since_row += len(piece)
        if self.since_row > LARGEST_ROW:
            raise BundleMisfit(f"something in it is larger than {LARGEST_ROW} bytes")
        try:
            self.parser.send(piece)
        except (ijson.JSONError, ValueError) as problem:
            raise BundleMisfit("it is not JSON, or not UTF-8") from problem
        yield from self._rows()

    def finish(self) -> None:
        """Raises unless everything was closed that was opened; no row can be waiting then."""
        try:
            self.parser.close()
        except (ijson.JSONError, ValueError) as problem:
            raise BundleMisfit("it ends too early") from problem
        if not self.has_tables:
            raise BundleMisfit(SHAPE)

    def _rows(self) -> Iterator[tuple[str, Row]]:
        # Local names: this runs some twenty times for each row.
        stack, key = self.stack, self.key
        for event, value in self.events:
            if not stack:
                self._walk(event, value)
            elif event == "map_key":
                key = value
            elif event in CLOSING:
                whole = stack.pop()
                if not stack:
                    self.since_row = 0
                    yield self.tables[-1], whole
            else:
                made = MADE[event]() if event in OPENING else _storable(value)
                if type(stack[-1]) is dict:
                    stack[-1][key] = made
                else:
                    stack[-1].append(made)
                if event in OPENING:
                    stack.append(made)
        self.key = key
        self.events.clear()

    def _walk(self, event: str, value: Any) -> None:
        if self.passed_over or (
            self.place is Place.MEMBERS and self.member not in {None, "tables"}
        ):
            self._pass_over(event, value)
            return
        if (following := STEPS.get((self.place, event))) is None:
            raise BundleMisfit(SHAPE)
        if self.place is Place.MEMBERS:
            self.member = value if event == "map_key" else self.member
            self.has_tables = self.has_tables or following is Place.TABLES
        elif self.place is Place.TABLES:
            if event == "map_key":
                self.tables.append(value)
            elif event == "end_map":
                self.member = None
        elif event == "start_map" and self.place is Place.ROWS:
            self.stack.append({})
        self.place = following

    def _pass_over(self, event: str, value: Any) -> None:
        """A member that isn't `tables`: of these only the version matters."""
        if event in OPENING:
            self.passed_over += 1
        elif event in CLOSING:
            self.passed_over -= 1
        elif self.member == "schemaVersion" and not self.passed_over:
            self.version = value
        if not self.passed_over:
            self.member = None


def _storable(value: Any) -> Any:
    # The encoder writes integers of 64 bits; PostgreSQL's JSON holds larger ones too.
    if type(value) is int and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return Decimal(value)
    return value
