"""An ASGI app behind a real socket on loopback, for as long as a test needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn


@asynccontextmanager
async def served(app: Any, port: int = 0) -> AsyncIterator[str]:
    """Yields the app's address, `http://127.0.0.1:<port>`; a port that is named is `kept_port`'s."""
    # Only a socket that says it is TCP gets TCP_NODELAY from asyncio; without it every answer
    # on a kept-alive connection waits 40 ms for the delayed acknowledgement of the one before.
    with socket.socket(proto=socket.IPPROTO_TCP) as bound:
        if port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(("127.0.0.1", port))
        config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started:
            if serving.done():
                serving.result()
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextmanager
def kept_port() -> Iterator[int]:
    """A port at which something may be served, stopped and served again: nobody else is given it.

    In between, whoever calls is refused, since we hold the port and don't listen.
    """
    with socket.socket(proto=socket.IPPROTO_TCP) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
