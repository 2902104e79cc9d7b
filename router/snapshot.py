"""The link directory on disk: what a router knows when it starts while the database is down."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any, TextIO
from uuid import UUID

import structlog

log = structlog.get_logger("router.snapshot")

NAME = "links.jsonl"
RULES = "rules.json"
COLUMNS = (
    "tenant_id", "slug", "link_key", "link_id", "partner_id", "campaign_id", "destination_url",
    "is_override", "campaign_url", "deep_link_allowed_domains", "revoked", "active",
    "pass_parameters", "cookies", "paid_ads",
)  # fmt: skip
# What a line from before the last update lacks.
LATER = ("none", "always", True)
_IDS = frozenset(name for name in COLUMNS if name.endswith("_id"))

Row = Mapping[str, Any]


class Snapshot:
    """One row a line: written anew whenever everything was read, and continued by every change.

    It is a convenience, so a disk that refuses it is complained about and otherwise ignored.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file: TextIO | None = None
        self._new: tuple[TextIO, Path] | None = None

    def rows(self) -> Iterator[Row]:
        """What was known last; a line that a crash has torn ends it."""
        try:
            with self.path.open() as file:
                for line in file:
                    yield _row(line)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("the snapshot of links ends early", error=repr(error))

    def begin(self) -> None:
        """The rows that are added from now on replace everything, once they are all there."""
        beside = self.path.with_name(f".{NAME}.{os.getpid()}.{token_hex(4)}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._new = (open(beside, "x", opener=_private), beside)  # noqa: SIM115  # stays open to be continued
        except OSError as error:
            self._complain(error)

    def add(self, row: Row) -> None:
        """One row of the new snapshot."""
        if self._new is not None:
            try:
                self._new[0].write(_line(row))
            except OSError as error:
                self._complain(error)

    def finish(self) -> None:
        """Blocking: sync, then put the new one in the place of the old."""
        if self._new is None:
            return
        file, beside = self._new
        try:
            file.flush()
            os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            self._complain(error)
            return
        if self._file is not None:
            self._file.close()
        self._file, self._new = file, None

    def abandon(self) -> None:
        """Reading didn't come to its end, so the old snapshot stays."""
        if self._new is not None:
            file, beside = self._new
            self._new = None
            beside.unlink(missing_ok=True)
            file.close()

    def append(self, rows: Iterable[Row]) -> None:
        """Changes since: whoever reads the file later sees them last."""
        for file in filter(None, (self._file, self._new and self._new[0])):
            try:
                file.writelines(map(_line, rows))
                file.flush()
            except OSError as error:
                self._complain(error)

    def close(self) -> None:
        self.abandon()
        if self._file is not None:
            self._file.close()

    def rules(self) -> dict[str, str]:
        """What tenants had set about rules, by their ids."""
        try:
            found: dict[str, str] = json.loads(self.path.with_name(RULES).read_text())
        except (OSError, ValueError):
            return {}
        return found

    def keep_rules(self, rules: dict[str, str]) -> None:
        """All of them at once: they are few."""
        beside = self.path.with_name(f".{RULES}.{os.getpid()}.{token_hex(4)}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(beside, "x", opener=_private) as file:
                json.dump(rules, file)
            beside.replace(self.path.with_name(RULES))
        except OSError as error:
            log.warning("rules can't be kept on disk", error=str(error))

    def _complain(self, error: OSError) -> None:
        log.warning("links can't be kept on disk", error=str(error))
        self.abandon()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(row: Row) -> str:
    values = [str(row[name]) if name in _IDS else row[name] for name in COLUMNS]
    return json.dumps(values, separators=(",", ":")) + "\n"


def _row(line: str) -> Row:
    found = json.loads(line)
    found += LATER[len(LATER) - len(COLUMNS) + len(found) :]
    values = zip(COLUMNS, found, strict=True)
    return {name: UUID(value) if name in _IDS else value for name, value in values}
