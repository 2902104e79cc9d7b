"""Somebody else's server, on loopback: keeps what it was sent, and answers as it is told."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.serving import served

Answering = Callable[[int], Response]


@dataclass(slots=True)
class Heard:
    """One request as it arrived."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


@dataclass(slots=True)
class Receiver:
    """`answer` is given the number of the request, from 1, and answers 204 unless replaced."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answer: Answering = lambda _: Response(status_code=204)

    async def hear(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.heard.append(Heard(request.method, str(request.url), dict(request.headers), body))
        return self.answer(len(self.heard))


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver at `receiver.url`."""
    receiver = Receiver()
    route = Route("/{path:path}", receiver.hear, methods=["GET", "POST", "HEAD"])
    async with served(Starlette(routes=[route])) as address:
        receiver.url = f"{address}/hook"
        yield receiver
