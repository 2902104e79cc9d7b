"""A server that speaks just enough of PostgreSQL's protocol to say how old it is."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@asynccontextmanager
async def old_server(version: str) -> AsyncIterator[str]:
    """Lets anybody in, names its version and is ready; asks for nothing and answers nothing."""
    greeting = (
        _message(b"R", struct.pack("!i", 0))
        + _message(b"S", b"server_version\0" + version.encode() + b"\0")
        + _message(b"K", struct.pack("!ii", 1, 1))
        + _message(b"Z", b"I")
    )

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = struct.unpack("!i", await reader.readexactly(4))[0]
        await reader.readexactly(length - 4)
        writer.write(greeting)
        await writer.drain()
        await reader.read(1)
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://anybody@127.0.0.1:{port}/any?sslmode=disable"
