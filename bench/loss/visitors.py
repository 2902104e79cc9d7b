"""Visitors who remember every cref that they were given."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

CREF = re.compile(rb"[?&]cref=([0-9a-f-]{36})\r\n")
AGENT = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SLOW_SECONDS = 5.0


class Visitors:
    """A number of connections that follow links at a rate, whatever happens to the routers.

    Whose router doesn't answer, or not within `patience`, goes on to the next one.
    """

    def __init__(
        self,
        addresses: Sequence[tuple[str, int]],
        connections: int,
        links: int,
        patience: float | None = None,
    ) -> None:
        self._addresses = addresses
        self._patience = patience
        self.interval = 0.0
        self.given: list[bytes] = []
        self.refused = 0
        """Answers that were no redirect."""
        self.unanswered = 0
        """Requests whose connection broke or hung, or couldn't be made."""
        self.turned_away = 0
        """Those of them that had tried every router."""
        self.slowest = 0.0
        self._paths = self._cycle(links)
        self._connections = connections
        self._answered: Counter[int] = Counter()
        self._tasks: list[asyncio.Task[None]] = []

    @staticmethod
    def _cycle(links: int) -> Iterator[bytes]:
        return (b"/r/bench/key%d" % (1 + number % links) for number in count())

    def start(self, per_second: float) -> None:
        self.interval = self._connections / per_second
        self._tasks = [
            asyncio.create_task(self._visit(number)) for number in range(self._connections)
        ]

    async def stop(self) -> None:
        """After the answers that are under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _visit(self, number: int) -> None:
        failures, turn = 0, number
        while True:
            answered = self._answered[number]
            try:
                await self._follow_links(number, self._addresses[turn % len(self._addresses)])
            except (OSError, asyncio.IncompleteReadError):
                self.unanswered += 1
                failures = failures + 1 if self._answered[number] == answered else 1
                self.turned_away += failures >= len(self._addresses)
                await asyncio.sleep(0.05)
            turn += 1

    async def _follow_links(self, number: int, address: tuple[str, int]) -> None:
        async with asyncio.timeout(self._patience):
            reader, writer = await asyncio.open_connection(*address)
        due = time.monotonic()
        try:
            while await self._follow_link(reader, writer):
                self._answered[number] += 1
                due += self.interval
                await asyncio.sleep(max(0.0, due - time.monotonic()))
        finally:
            writer.transport.abort()

    async def _follow_link(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether it was a redirect."""
        asked = time.monotonic()
        writer.write(
            b"GET %b HTTP/1.1\r\nHost: go.example\r\nUser-Agent: %b\r\n\r\n"
            % (next(self._paths), AGENT)
        )
        async with asyncio.timeout(self._patience):
            head = await reader.readuntil(b"\r\n\r\n")
        self.slowest = max(self.slowest, time.monotonic() - asked)
        match = CREF.search(head)
        if not (head.startswith(b"HTTP/1.1 302") and match):
            self.refused += 1
            return False
        self.given.append(match[1])
        # What a router says that is about to be replaced.
        return b"\r\nconnection: close\r\n" not in head
