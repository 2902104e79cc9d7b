"""CSV as spreadsheets write it: which columns there are, and what stands in each row."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from api.features.exports.for_others import ESCAPED
from api.features.partner_imports.errors import EmptyBody, InvalidCsv, NoRows
from api.features.partner_imports.schemas import PartnerRow

MOST_ROWS = 50_000
LARGEST_CELL = 128 * 1024
# By its name without spaces, underscores and capitals.
COLUMNS = {"email": "email", "name": "name", "activatedat": "activatedAt", "metadata": "metadata"}
NEEDED = {"email", "name"}
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row with what it says, or why it says nothing; `email` as it stands there."""

    number: int
    email: str | None
    said: PartnerRow | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list whose header was understood. `rows` reads on as it is asked."""

    text: str
    delimiter: str
    names: list[str | None]
    ignored: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, body: bytes | str) -> "Sheet":
        text = _decoded(body) if isinstance(body, bytes) else body.removeprefix("\ufeff")
        if not text.strip():
            raise EmptyBody
        first = next(iter(text.splitlines()), "")
        delimiter = max(DELIMITERS, key=first.count)
        header = next(_cells(text, delimiter))[1]
        known = [COLUMNS.get(re.sub(r"[\s_-]", "", cell).lower()) for cell in header]
        if missing := sorted(NEEDED - set(known)):
            raise InvalidCsv(reason=f"the header has no column {' and '.join(missing)}")
        if len(set(filter(None, known))) < len(list(filter(None, known))):
            raise InvalidCsv(reason="the header names a column twice")
        ignored = [cell for cell, name in zip(header, known, strict=True) if name is None]
        return cls(text, delimiter, known, ignored)

    def rows(self) -> Iterator[ReadRow]:
        """One after the other; lines without anything are passed over."""
        found = 0
        rows = _cells(self.text, self.delimiter)
        next(rows)
        for number, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            found += 1
            if found > MOST_ROWS:
                raise InvalidCsv(reason=f"it has more than {MOST_ROWS} rows; split it")
            yield self._read(number, cells)
        if not found:
            raise NoRows

    def _read(self, number: int, cells: list[str]) -> ReadRow:
        said = {
            name: _restored(cell)
            for name, cell in zip(self.names, cells, strict=False)
            if name is not None and cell.strip()
        }
        email = said.get("email")
        if len(cells) > len(self.names):
            return ReadRow(number, email, None, "has more cells than the header")
        try:
            return ReadRow(number, email, PartnerRow.model_validate(said), None)
        except ValidationError as problem:
            return ReadRow(number, email, None, _reason(problem))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        reason = "it is not UTF-8; save it as `CSV UTF-8` from your spreadsheet"
        raise InvalidCsv(reason=reason) from problem


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers as a spreadsheet shows them: a cell of several lines is one row."""
    csv.field_size_limit(LARGEST_CELL)
    try:
        yield from enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1
        )
    except csv.Error as problem:
        raise InvalidCsv(reason=str(problem)) from problem


def _restored(cell: str) -> str:
    """Without the apostrophe that our own export puts before what a spreadsheet would run."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(ESCAPED) else cell


def _reason(problem: ValidationError) -> str:
    return "; ".join(
        f"{error['loc'][0] if error['loc'] else 'row'}: {error['msg'].removeprefix('Value error, ')}"
        for error in problem.errors()
    )
