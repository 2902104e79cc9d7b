"""Limits that several processes share in a real Redis, and keep to themselves while it is away."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import Install
from tests.support.debian import program
from tests.support.ports import free_port

PATH = "/api/auth/magic/verify"
BODY = {"token": "opml_nobody-has-this"}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of the test's own on loopback, with its address."""
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([program("redis-server"), *words], stdout=subprocess.PIPE)
    assert server.stdout is not None
    for line in server.stdout:
        if b"Ready to accept connections" in line:
            break
    yield f"redis://127.0.0.1:{port}", server
    server.kill()
    server.wait()
    server.stdout.close()


async def tried(http: httpx2.AsyncClient, times: int) -> list[int]:
    return [(await http.post(PATH, json=BODY)).status_code for _ in range(times)]


async def test_two_processes_count_together(
    empty_install: Install, redis: tuple[str, subprocess.Popen[bytes]]
) -> None:
    address, _ = redis
    one, _, _ = await empty_install(openpartner_rate_limits=True, redis_url=address)
    other, _, _ = await empty_install(openpartner_rate_limits=True, redis_url=address)
    assert await tried(one, 20) == [400] * 20
    assert await tried(other, 12) == [400] * 10 + [429] * 2
    assert await tried(one, 1) == [429]


async def test_nobody_is_turned_away_because_redis_is(
    empty_install: Install, redis: tuple[str, subprocess.Popen[bytes]]
) -> None:
    address, server = redis
    http, _, _ = await empty_install(openpartner_rate_limits=True, redis_url=address)
    assert await tried(http, 2) == [400] * 2
    server.kill()
    server.wait()
    assert await tried(http, 31) == [400] * 30 + [429]
