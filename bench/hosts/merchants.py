"""Merchants' servers: they report sales until an API has acknowledged them, and hear of commissions."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, cycle

import httpx2

from bench.hosts.site import API_PORT, HOOK_PORT, KEY, Site
from tests.support.raw_server import head

PATIENCE = 20.0
"""Longer than an API takes to say that it can't, which is measured."""
ACKNOWLEDGED = {200, 201}


@dataclass(slots=True)
class Merchants:
    """Each has a customer, and goes on to the other API when one doesn't answer, with the same sale."""

    site: Site
    number: int
    pause: float = 0.1
    acknowledged: set[str] = field(default_factory=set)
    heard: dict[str, int] = field(default_factory=dict)
    """Deliveries by the event that a commission is for."""
    unavailable: int = 0
    odd: list[str] = field(default_factory=list)
    """Answers that are neither an acknowledgement nor a 503."""
    silent: int = 0
    slowest: float = 0.0
    """Of the answers, whichever they were."""
    _sales: Iterator[int] = field(default_factory=count)
    _closing: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self._closing = False
        self._tasks = [asyncio.create_task(self._sell(n)) for n in range(self.number)]

    async def stop(self) -> None:
        """Once every sale under way is acknowledged: no merchant forgets one."""
        self._closing = True
        await asyncio.gather(*self._tasks)

    async def _sell(self, first: int) -> None:
        turns = cycle(self.site.apis[first % 2 :] + self.site.apis[: first % 2])
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            api = next(turns)
            while not self._closing:
                sale = f"sale-{next(self._sales)}"
                event = {
                    "userId": f"customer-{first}", "type": "invoice_paid", "value": "200.00",
                    "externalId": sale,
                }  # fmt: skip
                while not await self._report(client, f"http://{api.address}:{API_PORT}", event):
                    api = next(turns)
                    await asyncio.sleep(self.pause)
                await asyncio.sleep(self.pause)

    async def _report(self, client: httpx2.AsyncClient, api: str, event: dict[str, str]) -> bool:
        asked = time.monotonic()
        try:
            answer = await client.post(f"{api}/api/attribution/events", json=event)
        except httpx2.TransportError:
            self.silent += 1
            return False
        self.slowest = max(self.slowest, time.monotonic() - asked)
        if answer.status_code in ACKNOWLEDGED:
            self.acknowledged.add(event["externalId"])
            return True
        if answer.status_code == 503:
            self.unavailable += 1
        else:
            self.odd.append(f"{answer.status_code} {answer.text[:200]}")
        return False

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A webhook, answered at once."""
        try:
            request = (await head(reader)).lower()
            length = int(request.partition(b"content-length: ")[2].split(b"\r\n")[0])
            news = json.loads(await reader.readexactly(length))
            event = news["data"]["eventId"]
            self.heard[event] = self.heard.get(event, 0) + 1
            writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def listen(self, address: str) -> asyncio.Server:
        return await asyncio.start_server(self.hear, address, HOOK_PORT)
