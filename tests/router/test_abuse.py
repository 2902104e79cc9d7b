"""Fuzzed requests: whatever bytes a stranger sends, never a 500 and never a lost process."""

import asyncio
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.protocol import BoundedProtocol
from tests.router.running import Running
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Scratch

FUZZ = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
NAMES = [
    "user-agent", "referer", "cookie", "x-forwarded-for", "sec-purpose", "purpose", "host", "x",
    "content-length", "transfer-encoding", "expect", "connection", "upgrade", "te",
]  # fmt: skip
LINE = st.binary(max_size=60).filter(lambda value: b"\n" not in value and b"\r" not in value)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), LINE), max_size=6)


@pytest.fixture(scope="session")
async def place(scratch: Scratch) -> tuple[Shop, str]:
    shop = await open_shop(scratch)
    return shop, await shop.link()


def ends_well(reply: bytes) -> None:
    assert b"HTTP/1.1 5" not in reply
    assert reply == b"" or reply.startswith(b"HTTP/1.1 ")


@FUZZ
@given(headers=HEADERS)
async def test_any_headers_are_answered(
    router: Running, place: tuple[Shop, str], headers: list[tuple[str, bytes]]
) -> None:
    head = f"GET {place[1]} HTTP/1.0\r\n".encode()
    for name, value in headers:
        head += name.encode() + b": " + value + b"\r\n"
    ends_well(await router.raw(head + b"\r\n"))


@FUZZ
@given(path=LINE, method=st.sampled_from(["GET", "HEAD", "POST", "CONNECT", "\x00"]))
async def test_any_path_is_answered(router: Running, path: bytes, method: str) -> None:
    ends_well(await router.raw(f"{method} /r/".encode() + path + b" HTTP/1.0\r\n\r\n"))


@FUZZ
@given(path=st.text(max_size=60))
async def test_any_encoded_path_is_answered(router: Running, path: str) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in path.encode("utf-8", "surrogatepass"))
    ends_well(await router.raw(f"GET /r/{encoded} HTTP/1.0\r\n\r\n".encode()))
    ends_well(await router.raw(f"GET /{encoded} HTTP/1.0\r\n\r\n".encode()))


@FUZZ
@given(noise=st.binary(min_size=1, max_size=200))
async def test_any_bytes_at_all_are_survived(router: Running, noise: bytes) -> None:
    ends_well(await router.raw(noise + b"\r\n\r\nGET / HTTP/1.0\r\n\r\n"))
    assert (await router.get("/health")).status_code == 200


async def test_fault_15_slow_silent_and_foreign_connections_are_closed(
    router: Running, place: tuple[Shop, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.2)
    body = f"GET {place[1]} HTTP/1.1\r\nContent-Length: 100\r\n\r\nx".encode()
    for request in [b"", b"GET /r/x HTTP/1.1\r\nHost", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", body]:
        ends_well(await router.raw(request))
    kept = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /r/x HTTP/1.1\r\nHo"
    assert (await router.raw(kept)).count(b"HTTP/1.1 200") == 1


async def test_fault_15_three_hundred_half_open_connections_starve_nobody(
    router: Running, place: tuple[Shop, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BoundedProtocol.head_seconds <= 35
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 3600)
    half = [await asyncio.open_connection("127.0.0.1", router.port) for _ in range(300)]
    for _, writer in half:
        writer.write(b"GET /r/x HTTP/1.1\r\nHost: ")

    async def held() -> bool:
        return sum(one._in_head for one in router.connections) == 300  # noqa: SLF001  # nothing outside shows it

    await eventually(held)
    for _ in range(20):
        assert (await router.get(place[1])).status_code == 302
    assert await held()
    for connection in router.connections:
        if connection._in_head:  # noqa: SLF001  # nothing outside shows it
            assert connection._deadline is not None  # noqa: SLF001  # nothing outside shows it
            connection._give_up()  # noqa: SLF001  # what its deadline does
    for reader, writer in half:
        assert await reader.read(-1) == b""
        writer.close()


async def test_fault_16_heads_without_end_are_refused(router: Running) -> None:
    for head in [b"GET /r/" + b"x" * 40_000, b"GET /r/x HTTP/1.1\r\nX: " + b"y" * 40_000]:
        assert (await router.raw(head)).startswith(b"HTTP/1.1 431")


async def test_the_shortcut_and_the_ordinary_way_answer_alike(
    router: Running, place: tuple[Shop, str]
) -> None:
    """A length of nothing is enough to be sent the ordinary way."""
    shop, path = place
    closing = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    replies = []
    for extra in ["", "Connection: keep-alive\r\n", "Content-Length: 0\r\n"]:
        request = (
            f"GET {path}?utm_source=x HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 same\r\n{extra}"
            "Referer: https://blog.example/\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
        )
        reply = (await router.raw(request.encode() + closing)).partition(b"\r\n\r\n")[0]
        replies.append(re.sub(rb"[0-9a-f-]{36}|(?<=date: )[^\r]+", b"*", reply))
    assert replies[0] == replies[1] == replies[2]
    assert replies[0].startswith(
        b"HTTP/1.1 302 Found\r\ndate: *\r\nlocation: https://shop.example/"
    )
    last = [dict(click) for click in (await shop.clicks())[-3:]]
    for click in last:
        del click["id"], click["ts"], click["landing_url"], click["flag"]
        del click["flag_version"], click["stored_at"]
    assert last[0] == last[1] == last[2]


async def test_pipelined_requests_are_answered_in_order(
    router: Running, place: tuple[Shop, str]
) -> None:
    shop, path = place
    before = len(await shop.clicks())
    one = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reply = await router.raw(one * 5 + last)
    assert reply.count(b"HTTP/1.1 302") == 5
    assert reply.endswith(b'{"ok":true,"service":"router"}')
    assert len(await shop.clicks()) == before + 5
