"""Receivers that hang, drip, redirect, flood or hang up: one bounded attempt, and a log that says so."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from api.outside.destinations import Policy
from api.outside.http import EXCERPT
from api.outside.world import World
from api.settings import Settings
from tests.api.test_webhooks import happen, log_of
from tests.support.brand import Brand
from tests.support.certificates import certified
from tests.support.raw_server import Conversation, head, raw_server
from tests.support.working import Worker

SHORT = 1.0
# Far beyond the bound that is tested, so that a busy machine fails nothing.
GENEROUS = 60
FLOOD = 10_000_000
Writer = asyncio.StreamWriter
Reader = asyncio.StreamReader


@pytest.fixture
async def hurried(settings: Settings) -> AsyncIterator[Worker]:
    """A worker that waits for an answer for a second."""
    world = World.of(settings)
    world.outbound.policy = Policy(frozenset(range(1, 65536)), (ip_network("127.0.0.0/8"),))
    world.outbound.total_seconds = SHORT
    async with Worker.at(settings, world) as worker:
        yield worker


async def hang(reader: Reader, _: Writer) -> None:
    await head(reader)
    await asyncio.Event().wait()


async def drip(reader: Reader, writer: Writer) -> None:
    await head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_headers(reader: Reader, writer: Writer) -> None:
    await head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: x\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def redirect(reader: Reader, writer: Writer) -> None:
    request = await head(reader)
    host = request.lower().partition(b"host: ")[2].partition(b"\r\n")[0]
    writer.write(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://" + host + b"/elsewhere\r\n"
        b"Content-Length: 7\r\n\r\ngo away"
    )


async def flood(reader: Reader, writer: Writer) -> None:
    await head(reader)
    length = str(FLOOD).encode()
    writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: " + length + b"\r\n\r\n")
    for _ in range(FLOOD // 10_000):
        writer.write(b"y" * 10_000)
        await writer.drain()


async def reset(reader: Reader, writer: Writer) -> None:
    await head(reader)
    connected = writer.get_extra_info("socket")
    # To linger for no time at all is to answer with a reset.
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_up(reader: Reader, _: Writer) -> None:
    await head(reader)


async def deliver(brand: Brand, worker: Worker, url: str) -> dict[str, Any]:
    """The log line of one delivery, after whatever the worker does about it now."""
    made = await brand.made("/webhooks", {"url": url, "events": ["*"]})
    await happen(brand, worker)
    async with asyncio.timeout(GENEROUS):
        await worker.drain()
    [line] = await log_of(brand, made["endpoint"])
    return line


async def waits_for_the_next(brand: Brand, line: dict[str, Any]) -> None:
    """Nothing was given up, nothing counted as delivered, and another attempt has its time."""
    assert (line["status"], line["attempts"], line["deliveredAt"]) == ("pending", 1, None)
    assert line["nextAttemptAt"] > line["lastAttemptAt"]
    [job] = await brand.fetch(
        "select run_at > now() - interval '1 minute' as planned, done_at, dead_at, leased_until"
        " from jobs where tenant_id = $1 and name = 'webhooks.deliver'",
        brand.tenant_id,
    )
    assert dict(job) == {"planned": True, "done_at": None, "dead_at": None, "leased_until": None}


@pytest.mark.parametrize(
    ("conversation", "status", "error", "answer"),
    [
        (hang, None, "no complete answer within 1 s", None),
        (drip, None, "no complete answer within 1 s", None),
        (drip_headers, None, "no complete answer within 1 s", None),
        (redirect, 307, "HTTP 307", "go away"),
        (flood, 500, "HTTP 500", "y" * EXCERPT),
        (reset, None, "ReadError: ", None),
        (hang_up, None, "RemoteProtocolError: Server disconnected", None),
    ],
)
async def test_f5_a_hostile_receiver_gets_one_bounded_attempt_and_a_truthful_line(
    brand: Brand, hurried: Worker, conversation: Conversation, status: int | None, error: str,
    answer: str | None,
) -> None:  # fmt: skip
    async with raw_server(conversation) as server:
        line = await deliver(brand, hurried, f"http://127.0.0.1:{server.port}/hook")
        assert server.asked == 1
    assert (line["httpStatus"], line["answer"]) == (status, answer)
    assert line["error"].startswith(error)
    assert (line["latencyMs"] is None) == (status is None)
    await waits_for_the_next(brand, line)


async def answer_well(reader: Reader, writer: Writer) -> None:
    await head(reader)
    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("address", "ends", "trusted", "error"),
    [
        ("127.0.0.1", 1, False, "self-signed certificate"),
        ("127.0.0.1", -1, True, "certificate has expired"),
        ("127.0.0.2", 1, True, "IP address mismatch"),
        ("127.0.0.1", 1, True, None),
    ],
)
async def test_nothing_is_told_to_a_receiver_with_a_bad_certificate(
    brand: Brand, hurried: Worker, tmp_path: Path, address: str, ends: int, trusted: bool,
    error: str | None,
) -> None:  # fmt: skip
    heard = []

    async def listen(reader: Reader, writer: Writer) -> None:
        heard.append("something")
        await answer_well(reader, writer)

    # The machine may be busy: a handshake is not what is hurried here.
    hurried.runner.outside.outbound.total_seconds = GENEROUS / 2
    made = certified(tmp_path, address, ends=timedelta(days=ends))
    if trusted:
        trust = ssl.create_default_context(cafile=str(made.certificate))
        hurried.runner.outside.outbound.trust = trust
    async with raw_server(listen, made.server) as server:
        line = await deliver(brand, hurried, f"https://127.0.0.1:{server.port}/hook")
    if error is None:
        assert (line["status"], line["httpStatus"], line["error"]) == ("delivered", 204, None)
        return
    assert heard == []
    assert (line["httpStatus"], line["answer"]) == (None, None)
    assert error in line["error"]
    await waits_for_the_next(brand, line)
