"""Counting what just happened, in bounded memory: the oldest are forgotten first."""

from collections.abc import Hashable, MutableMapping
from typing import Any

ENTRIES = 10_000


class FixedWindow:
    """At most `limit` hits per name in a window that begins with the first of them."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._windows: dict[Hashable, list[float]] = {}

    def admit(self, name: Hashable, now: float) -> bool:
        window = self._windows.get(name)
        if window is None or now - window[0] >= self._seconds:
            self._windows.pop(name, None)  # So that it goes to the end of the line.
            _make_room(self._windows)
            self._windows[name] = [now, 1]
            return True
        window[1] += 1
        return window[1] <= self._limit


class SlidingWindow:
    """Whether more than `limit` hits fell into the last `seconds`, this one included.

    Sliding, because it depends on the hits alone and not on when a process began to count: several
    processes, and a query over the stored clicks, mean the same by it.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._hits: dict[Hashable, list[float]] = {}

    def exceeded(self, name: Hashable, now: float) -> bool:
        hits = self._hits.get(name)
        if hits is None:
            _make_room(self._hits)
            self._hits[name] = [now]
            return False
        hits.append(now)
        if len(hits) <= self._limit:
            return False
        return now - hits.pop(0) < self._seconds


class Recent:
    """Whether a name was already seen less than `seconds` ago."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[Hashable, float] = {}

    def seen(self, name: Hashable, now: float) -> bool:
        before = self._seen.pop(name, None)
        _make_room(self._seen)
        self._seen[name] = now
        return before is not None and now - before < self._seconds


def _make_room(entries: MutableMapping[Hashable, Any]) -> None:
    if len(entries) >= ENTRIES:
        del entries[next(iter(entries))]
