"""Visitors who remember every cref that they were given."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

CREF = re.compile(rb"[?&]cref=([0-9a-f-]{36})\r\n")
AGENT = b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SLOW_SECONDS = 5.0


class Visitors:
    """A number of connections that follow links at a rate, whatever happens to the router."""

    def __init__(self, port: int, connections: int, links: int) -> None:
        self.port = port
        self.interval = 0.0
        self.given: list[bytes] = []
        self.refused = 0
        """Answers that were no redirect."""
        self.unanswered = 0
        """Requests whose connection broke, or couldn't be made, while no router ran."""
        self.slowest = 0.0
        self._paths = self._cycle(links)
        self._connections = connections
        self._tasks: list[asyncio.Task[None]] = []

    @staticmethod
    def _cycle(links: int) -> Iterator[bytes]:
        return (b"/r/bench/key%d" % (1 + number % links) for number in count())

    def start(self, per_second: float) -> None:
        self.interval = self._connections / per_second
        self._tasks = [asyncio.create_task(self._visit()) for _ in range(self._connections)]

    async def stop(self) -> None:
        """After the answers that are under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _visit(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.unanswered += 1
                await asyncio.sleep(0.05)
                continue
            try:
                await self._follow_links(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                self.unanswered += 1
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _follow_links(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        due = time.monotonic()
        while True:
            asked = time.monotonic()
            writer.write(
                b"GET %b HTTP/1.1\r\nHost: go.example\r\nUser-Agent: %b\r\n\r\n"
                % (next(self._paths), AGENT)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            self.slowest = max(self.slowest, time.monotonic() - asked)
            match = CREF.search(head)
            if head.startswith(b"HTTP/1.1 302") and match:
                self.given.append(match[1])
            else:
                self.refused += 1
                return
            if b"\r\nconnection: close\r\n" in head:
                return
            due += self.interval
            await asyncio.sleep(max(0.0, due - time.monotonic()))
