"""A server on loopback that may break every rule of HTTP: the test writes its bytes itself."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class RawServer:
    """`asked` counts the connections, `under_way` those that have not ended."""

    port: int = 0
    asked: int = 0
    under_way: set[asyncio.Task[None]] = field(default_factory=set)


async def head(reader: asyncio.StreamReader) -> bytes:
    """The first line and the headers of a request."""
    return await reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def raw_server(
    conversation: Conversation, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    """Until the block ends, whatever a conversation is doing by then."""
    server = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        server.asked += 1
        server.under_way.add(task)
        try:
            await conversation(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            server.under_way.discard(task)
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        left = tuple(server.under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
