"""How fast exports go: at once while they are small, and then so slowly that nobody else notices them."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """All exports of this process together: some seconds of work at once, then a share of the time.

    What a part took, PostgreSQL's time included, is owed, and each second pays `share` of one back. On
    a machine that is busy with others parts take longer, so that exports draw back by themselves. A
    small part costs what any request does, and owes nothing.
    """

    share: float = 0.2
    at_once: float = 0.5
    longest_pause: float = 5.0
    small: int = 32 * 1024
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    owed: float = 0.0
    paid_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def over(self, parts: AsyncIterator[str]) -> AsyncGenerator[str, None]:
        """The same parts, one export's at a time; whoever reads slowly keeps nobody else waiting."""
        while True:
            async with self.turn:
                await self.rest()
                began = self.clock()
                part = await anext(parts, None)
                if part is None:
                    return
                if len(part) > self.small:
                    self.owed += self.clock() - began
            yield part

    async def rest(self) -> None:
        """Until no more is owed than may be."""
        self.pay()
        if (pause := (self.owed - self.at_once) / self.share) > 0:
            # One part that took for ever, such as behind a lock, must not cost the others a timeout.
            await self.sleep(min(pause, self.longest_pause))
            self.pay()
            self.owed = min(self.owed, self.at_once)

    def pay(self) -> None:
        now = self.clock()
        self.owed = max(0.0, self.owed - (now - self.paid_until) * self.share)
        self.paid_until = now
