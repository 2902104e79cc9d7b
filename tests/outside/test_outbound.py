"""No way in through the way out: addresses that somebody typed reach the public web and nothing else."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import httpcore2
import pytest

from api.outside.destinations import DestinationRefused, Policy
from api.outside.http import KEPT_BYTES, NoAnswer, OutboundClient
from tests.support.raw_server import Conversation, head, raw_server

HOSTILE = [
    ("http://127.0.0.1/", "destination_not_public"),
    ("http://127.1/", "destination_not_public"),
    ("http://2130706433/", "destination_not_public"),
    ("http://0x7f000001/", "destination_not_public"),
    ("http://0x7f.0.0.1/", "destination_not_public"),
    ("http://017700000001/", "destination_not_public"),
    ("http://0177.0.0.1/", "destination_not_public"),
    ("http://0/", "destination_not_public"),
    ("http://10.1.2.3/", "destination_not_public"),
    ("http://100.64.0.1/", "destination_not_public"),
    ("http://169.254.169.254/latest/meta-data", "destination_not_public"),
    ("http://168.63.129.16/", "destination_not_public"),
    ("http://172.31.255.255/", "destination_not_public"),
    ("http://192.168.0.1/", "destination_not_public"),
    ("http://224.0.0.1/", "destination_not_public"),
    ("http://255.255.255.255/", "destination_not_public"),
    ("http://[::1]/", "destination_not_public"),
    ("http://[::]/", "destination_not_public"),
    ("http://[::ffff:127.0.0.1]/", "destination_not_public"),
    ("http://[::ffff:7f00:1]/", "destination_not_public"),
    ("http://[::127.0.0.1]/", "destination_not_public"),
    ("http://[::ffff:0:7f00:1]/", "destination_not_public"),
    ("http://[64:ff9b::a9fe:a9fe]/", "destination_not_public"),
    ("http://[64:ff9b:1::1]/", "destination_not_public"),
    ("http://[2002:7f00:1::]/", "destination_not_public"),
    ("http://[2001:0:7f00:1::]/", "destination_not_public"),
    ("http://[fc00::1]/", "destination_not_public"),
    ("http://[fe80::1]/", "destination_not_public"),
    ("http://[fec0::1]/", "destination_not_public"),
    ("http://[ff02::1]/", "destination_not_public"),
    ("http://[2001:db8::1]/", "destination_not_public"),
    ("http://\uff11\uff12\uff17.0.0.1/", "destination_not_public"),
    ("http://127\u30020\u30020\u30021/", "destination_not_public"),
    ("http://127.0.0.1./", "destination_not_public"),
    ("http://localhost/", "blocked_hostname"),
    ("http://LOCALHOST./", "blocked_hostname"),
    ("http://api.localhost/", "blocked_hostname"),
    ("http://printer.local/", "blocked_hostname"),
    ("http://metadata.google.internal/", "blocked_hostname"),
    ("http://nas.home.arpa/", "blocked_hostname"),
    ("http://intranet/", "blocked_hostname"),
    ("http://user:pass@example.com/", "credentials_not_allowed"),
    ("http://example.com@127.0.0.1/", "credentials_not_allowed"),
    ("ftp://example.com/", "scheme_not_allowed"),
    ("file:///etc/passwd", "scheme_not_allowed"),
    ("gopher://example.com/", "scheme_not_allowed"),
    ("http://example.com:22/", "port_not_allowed"),
    ("https://example.com:8443/", "port_not_allowed"),
    ("http://exa mple.com/", "invalid_url"),
    ("http://example.com\\@127.0.0.1/", "credentials_not_allowed"),
    ("http://", "invalid_url"),
    ("http://[::1/", "invalid_url"),
]


class Recorder(httpcore2.AsyncNetworkBackend):
    """Writes down what would be dialled, and dials nothing."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> Any:
        self.dialled.append((host, port))
        raise OSError("nothing is ever sent elsewhere")


def answering(*answers: list[str]) -> Callable[[str, int], Any]:
    """A resolver that gives these answers in turn, and the last for ever."""
    left = list(answers)

    async def resolver(_: str, __: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolver


@pytest.mark.parametrize(("url", "code"), HOSTILE)
async def test_s3_a_hostile_address_is_refused_before_anything_is_dialled(
    url: str, code: str
) -> None:
    recorder = Recorder()
    client = OutboundClient(Policy(), answering(["93.184.216.34"]), recorder)
    with pytest.raises(DestinationRefused) as refusal:
        await client.send("POST", url, {})
    assert refusal.value.code == code
    assert recorder.dialled == []


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["2606:2800:220:1::1", "::ffff:10.0.0.1"],
     ["169.254.169.254"], ["fe80::1%eth0"]],
)  # fmt: skip
async def test_a_name_with_any_private_address_is_refused(answer: list[str]) -> None:
    recorder = Recorder()
    client = OutboundClient(Policy(), answering(answer), recorder)
    with pytest.raises(DestinationRefused, match="destination_not_public"):
        await client.send("GET", "https://shop.example.com/", {})
    assert recorder.dialled == []


async def test_the_address_that_was_checked_is_the_one_that_is_dialled() -> None:
    recorder = Recorder()
    rebinding = answering(["93.184.216.34"], ["127.0.0.1"])
    client = OutboundClient(Policy(), rebinding, recorder)
    with pytest.raises(NoAnswer):
        await client.send("GET", "https://rebind.example.com/", {})
    with pytest.raises(DestinationRefused):
        await client.send("GET", "https://rebind.example.com/", {})
    assert recorder.dialled == [("93.184.216.34", 443)]


@asynccontextmanager
async def receiver(handler: Conversation) -> AsyncIterator[tuple[OutboundClient, str]]:
    """A raw server on loopback, and a client whose operator allows it."""
    async with raw_server(handler) as server:
        policy = Policy(ports=frozenset({server.port}), private=(ip_network("127.0.0.0/8"),))
        yield OutboundClient(policy), f"http://127.0.0.1:{server.port}/hook"


async def test_an_operator_may_allow_a_private_network() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await head(reader)
        assert b"accept-encoding: identity" in request.lower()
        writer.write(b"HTTP/1.1 204 No Content\r\nRetry-After: 7\r\n\r\n")

    async with receiver(handler) as (client, url):
        answer = await client.send("POST", url, {"content-type": "text/plain"}, b"hello")
    assert (answer.status, answer.headers["retry-after"], answer.body) == (204, "7", b"")


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    asked = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await head(reader)
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
        )

    async with receiver(handler) as (client, url):
        assert (await client.send("GET", url, {})).status == 302
    assert asked == 1


async def test_a_dripping_answer_ends_at_the_deadline() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with receiver(handler) as (client, url):
        with pytest.raises(NoAnswer, match=r"no complete answer within 0\.3 s"):
            await client.send("GET", url, {}, seconds=0.3)


async def test_an_endless_answer_is_cut() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
            await writer.drain()

    async with receiver(handler) as (client, url):
        answer = await client.send("GET", url, {})
    assert len(answer.body) == KEPT_BYTES


@pytest.mark.parametrize("reply", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nConte"])
async def test_a_broken_answer_is_told_as_what_it_was(reply: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(reply)

    async with receiver(handler) as (client, url):
        with pytest.raises(NoAnswer):
            await client.send("GET", url, {}, seconds=3)


async def test_nobody_listening_is_no_answer() -> None:
    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await head(reader)

    async with receiver(handler) as (client, url):
        pass
    with pytest.raises(NoAnswer):
        await client.send("GET", url, {}, seconds=3)


async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(100)

    async with receiver(handler) as (client, url):
        client.trust = ssl.create_default_context()
        with pytest.raises(NoAnswer):
            await client.send("GET", url.replace("http:", "https:"), {}, seconds=3)
