"""Counting what just happened, in bounded memory: the oldest are forgotten first.

A clock may be set back. What then seems to come from the future tells nothing, so it never counts.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

ENTRIES = 10_000

Value = TypeVar("Value")


class Bounded(Generic[Value]):
    """At least the newest half of ENTRIES, and never more than all of it.

    Two generations instead of a queue: when the younger is full, the older goes as a whole, so that
    forgetting costs nothing per visit.
    """

    def __init__(self) -> None:
        self._young: dict[Hashable, Value] = {}
        self._old: dict[Hashable, Value] = {}

    def get(self, name: Hashable) -> Value | None:
        found = self._young.get(name)
        return self._old.get(name) if found is None else found

    def put(self, name: Hashable, value: Value) -> None:
        self._young[name] = value
        if len(self._young) >= ENTRIES // 2:
            self._old, self._young = self._young, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class FixedWindow:
    """At most `limit` hits per name in a window that begins with the first of them."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._windows: Bounded[list[float]] = Bounded()

    def admit(self, name: Hashable, now: float) -> bool:
        window = self._windows.get(name)
        if window is None or not 0 <= now - window[0] < self._seconds:
            self._windows.put(name, [now, 1])
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
        self._hits: Bounded[list[float]] = Bounded()

    def exceeded(
        self, name: Hashable, now: float, limit: int | None = None, seconds: float | None = None
    ) -> bool:
        """`limit` and `seconds` are given where they differ from the usual ones."""
        limit = self._limit if limit is None else limit
        hits = self._hits.get(name)
        if hits is None:
            self._hits.put(name, [now])
            return False
        hits.append(now)
        if len(hits) <= limit:
            return False
        first = hits[-limit - 1]
        # Usually one; more where the limit has become lower.
        del hits[: len(hits) - limit]
        return 0 <= now - first < (self._seconds if seconds is None else seconds)


class Recent:
    """Whether a name was already seen less than `seconds` ago."""

    def __init__(self) -> None:
        self._seen: Bounded[float] = Bounded()

    def put(self, name: Hashable, now: float) -> None:
        self._seen.put(name, now)

    def seen(self, name: Hashable, now: float, seconds: float) -> bool:
        before = self._seen.get(name)
        self._seen.put(name, now)
        return before is not None and 0 <= now - before < seconds
