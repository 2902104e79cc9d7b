"""The end of a router: who is there gets an answer, and nobody is waited for without end."""

import asyncio

import pytest

from router.protocol import BoundedProtocol
from tests.router.running import Running, running
from tests.router.shop import Shop, eventually
from tests.support.databases import Scratch


async def told(router: Running) -> None:
    """The server ends, and both connections know it."""

    async def connected() -> bool:
        return len(router.connections) == 2

    async def know() -> bool:
        return all(one._is_ending for one in router.connections)  # noqa: SLF001  # nothing outside shows it

    await eventually(connected)
    router.server.should_exit = True
    await eventually(know)


async def test_fault_28_a_request_on_its_way_at_the_end_is_answered(
    scratch: Scratch, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "linger_seconds", 30)
    request = f"GET {await shop.link()} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    async with running(scratch.urls.router) as router:
        fresh, used = [await asyncio.open_connection("127.0.0.1", router.port) for _ in range(2)]
        used[1].write(request)
        assert b"connection: close" not in await used[0].readuntil(b"\r\n\r\n")
        await told(router)
        for (reader, writer), asked in ((fresh, request), (used, request.replace(b"GET", b"HEAD"))):
            writer.write(asked)
            reply = await reader.read(-1)
            assert reply.startswith(b"HTTP/1.1 302"), reply
            assert b"connection: close" in reply
            writer.close()
    assert len(await shop.clicks()) == 3


async def test_who_says_nothing_is_not_waited_for(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "linger_seconds", 0.05)
    async with running(scratch.urls.router) as router:
        ends = [await asyncio.open_connection("127.0.0.1", router.port) for _ in range(2)]
        await told(router)
        for reader, writer in ends:
            assert await reader.read(-1) == b""
            writer.close()
