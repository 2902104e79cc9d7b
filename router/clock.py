"""How far this machine's clock is from the database's, by which events are timed.

A click counts for what follows it, so a router that is ahead takes earnings from partners.
"""

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic, time
from typing import Any

import structlog

log = structlog.get_logger("router.clock")

NOW = "select extract(epoch from clock_timestamp())::float8"
FAR_SECONDS = 1.0
SAY_AGAIN_SECONDS = 600


class Clock:
    """Compared with every heartbeat; what is far is said, and shown in the metrics."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._say_at = 0.0

    async def compare(self, fetch: Callable[[str], Awaitable[Sequence[Any]]]) -> None:
        """Ask the database for its time; the way there and back is held in our favor."""
        before = time()
        theirs = (await fetch(NOW))[0][0]
        after = time()
        self.ahead = before - theirs if before > theirs else min(after - theirs, 0.0)
        if abs(self.ahead) > FAR_SECONDS and monotonic() >= self._say_at:
            self._say_at = monotonic() + SAY_AGAIN_SECONDS
            log.warning("the clock differs from the database's", seconds_ahead=round(self.ahead, 3))
