"""What a noisy neighbor does, in a process of its own: `python -m bench.tenants.load <what> <port> …`."""

import asyncio
import sys
import time

CONNECTIONS = 16
PIECE = 1024 * 1024


async def export(port: int, key: str) -> None:
    """Everything that a brand has, read as fast as it comes, over and over."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /api/export.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Authorization: Bearer {key}\r\n\r\n".encode()
        )
        while await reader.read(PIECE):
            pass
        writer.close()


async def clicks(port: int, path: str, per_second: int) -> None:
    """Visits at an even rate, over some connections that stay."""
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n\r\n".encode()
    began, sent = time.monotonic(), 0

    async def visitor() -> None:
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            sent += 1
            await asyncio.sleep(began + sent / per_second - time.monotonic())
            writer.write(request)
            await reader.readuntil(b"\r\n\r\n")

    await asyncio.gather(*(visitor() for _ in range(CONNECTIONS)))


async def fail(port: int) -> None:
    """A receiver of webhooks: one address in three hangs, one says 500, one hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = int((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].lstrip(b"/"))
        if number % 3 == 0:
            await asyncio.sleep(3600)
        if number % 3 == 1:
            writer.write(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    await server.serve_forever()


def main(what: str, port: str, *more: str) -> None:
    match what:
        case "export":
            asyncio.run(export(int(port), *more))
        case "clicks":
            asyncio.run(clicks(int(port), more[0], int(more[1])))
        case "fail":
            asyncio.run(fail(int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
