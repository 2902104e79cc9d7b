"""A router on a real socket, with settings read from an environment as in production."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from tempfile import TemporaryDirectory
from typing import cast

import httpx2

from router.main import Router, create_router
from router.protocol import BoundedProtocol
from router.serve import Server, create_server, listen
from router.settings import Settings, read_settings

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
MASTER_KEY = "22" * 32


@dataclass(frozen=True, slots=True)
class Running:
    """`http` follows no redirects, and looks like a browser unless told otherwise."""

    router: Router
    http: httpx2.AsyncClient
    port: int
    server: Server

    @property
    def connections(self) -> list[BoundedProtocol]:
        """Those that are open now."""
        return cast("list[BoundedProtocol]", list(self.server.server_state.connections))

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.get(path, headers=named)

    async def raw(self, request: bytes) -> bytes:
        """Whatever bytes a stranger sends, and all that comes back until the router hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            async with asyncio.timeout(10):
                return await reader.read(-1)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def running(url: str, **environment: str) -> AsyncIterator[Running]:
    """Multi-tenant, and patient with our one address and a busy machine's slow commits.

    Tests read clicks from the table as soon as they were answered; one that PostgreSQL took too long
    for would still lie in the journal. Those about just that say how patient they are.
    """
    with TemporaryDirectory() as folder:
        given = {
            "DATABASE_URL_ROUTER": url,
            "SECRETS_ENCRYPTION_KEY": MASTER_KEY,
            "OPENPARTNER_TENANCY": "multi",
            "ROUTER_PORT": "0",
            "ROUTER_JOURNAL_DIR": folder,
            "ROUTER_IP_CAP_MAX": "1000000",
            "ROUTER_SLOW_FLUSH_MS": "60000",
        }
        async with serving(read_settings(given | environment)) as router:
            yield router


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Running]:
    """From the first listening to the last flush."""
    with listen(settings) as listener:
        router = create_router(settings)
        following = router.start()
        server = create_server(router)
        answering = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            loaded = asyncio.create_task(router.links.loaded.wait())
            await asyncio.wait([following, loaded], return_when=asyncio.FIRST_COMPLETED)
            assert loaded.done(), following.exception()
            async with client(listener) as http:
                yield Running(router, http, listener.getsockname()[1], server)
        finally:
            server.should_exit = True
            await answering
            await router.close()


def client(listener: socket.socket) -> httpx2.AsyncClient:
    """A visitor who forgets every cookie, so that tests say which one they bring."""
    http = httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        headers={"user-agent": BROWSER},
        timeout=30,
        limits=httpx2.Limits(max_connections=300),
    )
    http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return http


def cref_of(response: httpx2.Response) -> str:
    """The click id in the Location, which the cookie must agree with."""
    assert response.status_code == 302, response.text
    match = re.search(r"[?&]cref=([0-9a-f-]{36})(?=#|$)", response.headers["location"])
    assert match, response.headers["location"]
    assert response.headers["set-cookie"].startswith(f"_cref={match[1]};")
    return match[1]
