"""The process: what it refuses to start with, what it loads, and how it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from router.settings import SettingsError, read_settings
from tests.router.running import MASTER_KEY
from tests.router.shop import eventually, open_shop
from tests.support.databases import Scratch

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL_ROUTER": "postgresql+asyncpg://r:p@/db?host=/run/pg&port=5433&ssl=require",
    "SECRETS_ENCRYPTION_KEY": MASTER_KEY,
    "ROUTER_JOURNAL_DIR": "/dev/null/nowhere",
}


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts routers, and ends those that are still there when the test is over."""
    started: list[Process] = []

    async def start(**environment: str) -> Process:
        started.append(await run(**environment))
        return started[-1]

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def run(**environment: str) -> Process:
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "router.serve", cwd=ROOT, env=clean | environment,
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip


def test_settings_have_defaults() -> None:
    settings = read_settings(GOOD)
    assert settings.database_url == "postgresql://r:p@/db?host=/run/pg&port=5433&sslmode=require"
    assert (settings.host, settings.port) == ("127.0.0.1", 4701)
    assert settings.single_tenant
    assert settings.cookie_domain is None
    assert not settings.secure_cookie
    assert (settings.velocity_max, settings.velocity_seconds) == (20, 60)
    assert (settings.address_cap_max, settings.address_cap_seconds) == (300, 60)
    assert settings.metrics_token is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL_ROUTER", ""),
        ("DATABASE_URL_ROUTER", "mysql://x/y"),
        ("SECRETS_ENCRYPTION_KEY", ""),
        ("SECRETS_ENCRYPTION_KEY", "short"),
        ("SECRETS_ENCRYPTION_KEY", "zz" * 32),
        ("ROUTER_PORT", "many"),
        ("ROUTER_PORT", "70000"),
        ("ROUTER_PORT", "²"),
        ("OPENPARTNER_TENANCY", "double"),
        ("VELOCITY_MAX", "0"),
        ("VELOCITY_WINDOW_MS", "-1"),
        ("ROUTER_IP_CAP_MAX", "1.5"),
        ("COOKIE_DOMAIN", "a b"),
        ("COOKIE_DOMAIN", "x;Secure"),
        ("ROUTER_URL", "go.shop.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(GOOD | {name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_master_keys_may_be_hex_or_base64() -> None:
    for text in ["ab" * 32, "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=",
                 "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"]:  # fmt: skip
        settings = read_settings(GOOD | {"SECRETS_ENCRYPTION_KEY": text})
        assert settings.master_key == b"\xab" * 32


async def test_a_wrong_setting_ends_the_process_with_one_line(start: Start) -> None:
    process = await start(**GOOD, ROUTER_PORT="many")
    out, err = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    assert err == b"ROUTER_PORT must be a whole number from 0 to 65535, not 'many'\n"


async def test_a_port_in_use_ends_the_process_with_one_line(scratch: Scratch, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await start(
            **GOOD | {"DATABASE_URL_ROUTER": scratch.urls.router}, ROUTER_PORT=str(port)
        )
        _, err = await process.communicate()
    assert process.returncode == 1
    assert err == f"The router can't listen on 127.0.0.1:{port}: Address already in use.\n".encode()


@pytest.mark.parametrize("role", ["superuser", "owner", "app"])
async def test_it_refuses_to_start_as_anything_stronger(
    scratch: Scratch, start: Start, role: str
) -> None:
    url = {"superuser": scratch.superuser, "owner": scratch.urls.owner, "app": scratch.urls.app}
    process = await start(**GOOD | {"DATABASE_URL_ROUTER": url[role]}, ROUTER_PORT="0")
    out, err = await process.communicate()
    assert process.returncode == 1, out
    assert b"must connect as openpartner_router" in err
    assert err.count(b"\n") == 1


async def test_sigterm_drains_and_ends_well(scratch: Scratch, start: Start) -> None:
    """The click of a request that is under way when the signal comes is stored and answered."""
    shop = await open_shop(scratch)
    path = await shop.link()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = await start(
        **GOOD | {"DATABASE_URL_ROUTER": scratch.urls.router},
        ROUTER_PORT=str(port), OPENPARTNER_TENANCY="multi",
        ROUTER_SLOW_FLUSH_MS="60000",
    )  # fmt: skip
    assert process.stdout is not None
    while b'"listening"' not in await process.stdout.readline():
        pass
    blocker = await scratch.connect()
    async with blocker.transaction():
        await blocker.execute("lock table clicks in share row exclusive mode")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        waiting = (
            "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            " and application_name = 'openpartner-router-clicks'"
        )

        async def waits() -> bool:
            return bool(await shop.fetch(waiting))

        await eventually(waits)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.1)
    await blocker.close()
    assert (await reader.readline()).startswith(b"HTTP/1.1 302")
    writer.close()
    await writer.wait_closed()
    assert await process.wait() == 0
    assert len(await shop.clicks()) == 1


def test_the_router_imports_little() -> None:
    program = (
        "import sys, router.main, router.serve; print([name for name in"
        " ('fastapi', 'pydantic', 'stripe', 'alembic', 'httpx', 'httpx2', 'sqlalchemy', 'jinja2')"
        " if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert found.stdout == "[]\n"
