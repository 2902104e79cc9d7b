"""Waiting for what another process does: the test's own time limit is the only clock."""

import asyncio
from collections.abc import Awaitable, Callable

LOOK_EVERY = 0.05


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Looks again and again."""
    while not await holds():  # noqa: ASYNC110  # another process sets no event of ours
        await asyncio.sleep(LOOK_EVERY)
