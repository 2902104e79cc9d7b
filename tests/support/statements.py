"""Counts the statements that the API sends, to show that none is sent per row."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

# Written once a minute at most for each key and session: whether it falls into a count is a matter of
# when the minute turned, and on a busy machine it turned in the middle of tests.
_LAST_USE = re.compile(r"UPDATE \w+ SET last_(used|seen)_at=now\(\)", re.IGNORECASE)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Everything that any engine of this process executes meanwhile, but for marks of last use."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not _LAST_USE.match(statement):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
