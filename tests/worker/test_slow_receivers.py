"""Half of all receivers hang: the other half get everything while those still hang."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest

from api.jobs.runner import PER_LANE
from api.outside.destinations import Policy
from api.outside.world import World
from api.settings import Settings
from tests.api.test_webhooks import happen
from tests.support.brand import Brand
from tests.support.raw_server import head, raw_server
from tests.support.receiver import receiving
from tests.support.waiting import until
from tests.support.working import Worker

HALF = 50
NEWS = 6


@pytest.fixture
async def patient(settings: Settings) -> AsyncIterator[Worker]:
    """A worker whose calls outlast the test, so that what hangs does so throughout."""
    world = World.of(settings)
    world.outbound.policy = Policy(frozenset(range(1, 65536)), (ip_network("127.0.0.0/8"),))
    world.outbound.total_seconds = 300
    # Fewer slots than receivers that hang: those have to make room.
    patience = settings.model_copy(update={"worker_lease_seconds": 600, "worker_slots": HALF - 10})
    async with Worker.at(patience, world) as worker:
        yield worker


async def subscribe_to_all(brand: Brand, base: str) -> None:
    for number in range(HALF):
        await brand.made("/webhooks", {"url": f"{base}/{number}", "events": ["*"]})


@dataclass(slots=True)
class Hanging:
    """Receivers that answer nothing until they are released; `asked` counts calls by path."""

    released: asyncio.Event = field(default_factory=asyncio.Event)
    asked: Counter[bytes] = field(default_factory=Counter)

    async def hang(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked[(await head(reader)).split(b" ")[1]] += 1
        await self.released.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def all_do(self) -> bool:
        return len(self.asked) == HALF


async def test_f5_fifty_hanging_endpoints_of_a_hundred_hold_up_none_of_the_others(
    brand: Brand, patient: Worker
) -> None:
    hanging = Hanging()
    async with raw_server(hanging.hang) as slow, receiving() as receiver:

        async def healthy_have_theirs() -> bool:
            return len(receiver.heard) == HALF * NEWS

        await subscribe_to_all(brand, f"http://127.0.0.1:{slow.port}")
        await subscribe_to_all(brand, receiver.url)
        running = asyncio.create_task(patient.runner.run())
        try:
            await happen(brand, patient)
            patient.runner.wake.set()
            await until(hanging.all_do)
            # Only now, so that whatever is healthy has all that hangs before it.
            await happen(brand, patient, NEWS - 1)
            patient.runner.wake.set()
            await until(healthy_have_theirs)
            assert slow.asked == len(slow.under_way), "whatever hung is hanging still"
            assert max(hanging.asked.values()) <= PER_LANE
        finally:
            hanging.released.set()
            patient.runner.stop()
            await running
            await patient.drain()
    heard = Counter(heard.url.rpartition("/")[2] for heard in receiver.heard)
    assert heard == dict.fromkeys(map(str, range(HALF)), NEWS)
    await assert_all_delivered_at_once(brand)


async def assert_all_delivered_at_once(brand: Brand) -> None:
    [row] = await brand.fetch(
        "select count(*) as made, count(delivered_at) as delivered, max(attempts) as attempts"
        " from webhook_deliveries where tenant_id = $1",
        brand.tenant_id,
    )
    assert dict(row) == {"made": 2 * HALF * NEWS, "delivered": 2 * HALF * NEWS, "attempts": 1}
