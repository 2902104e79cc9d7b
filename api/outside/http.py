"""The one HTTP client for addresses that somebody typed: checked, pinned, bounded, no redirects."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpcore2

from api.outside.destinations import DestinationRefused, Policy

LOOKUP_SECONDS = 2.0
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
KEPT_BYTES = 20_000
EXCERPT = 1024

Resolver = Callable[[str, int], Awaitable[list[str]]]


class NoAnswer(Exception):
    """The other side did not answer; the message says what happened, for a log."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: at most 20 000 bytes of it, or what was asked for; `is_whole` if it was less.

    `cookies` are its Set-Cookie lines, of which there may be many.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    is_whole: bool = True
    cookies: tuple[str, ...] = ()

    @property
    def excerpt(self) -> str:
        """The first kilobyte as text that can be stored and shown."""
        return self.body[:EXCERPT].decode("utf-8", "replace").replace("\x00", "")

    @property
    def retry_after(self) -> float | None:
        """The seconds that the other side asks us to wait; dates are rare enough to pass over."""
        given = self.headers.get("retry-after", "")
        return float(given) if given.isdigit() else None


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, asked once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """Dials the very address that was checked, so that a name can't change its mind in between.

    TLS and the Host header keep the name of the URL.
    """

    def __init__(
        self, policy: Policy, resolver: Resolver, dial: httpcore2.AsyncNetworkBackend
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the interface's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                addresses = await self._resolver(host, port)
        except (OSError, TimeoutError) as problem:
            raise NoAnswer("the host name could not be resolved") from problem
        if not addresses:
            raise NoAnswer("the host name could not be resolved")
        # All of them: a name that is public and private at once is an attack, or soon one.
        for address in addresses:
            self._policy.refuse_address(address)
        return await self._dial.connect_tcp(
            addresses[0], port, min(timeout or CONNECT_SECONDS, CONNECT_SECONDS), local_address,
            socket_options,
        )  # fmt: skip

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        raise DestinationRefused("scheme_not_allowed")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class OutboundClient:
    """`await client.send("POST", url, headers, body)`; tests inject the resolver and the dialler."""

    policy: Policy
    resolver: Resolver = resolve
    dial: httpcore2.AsyncNetworkBackend = field(default_factory=httpcore2.AnyIOBackend)
    # Made once: reading every authority of the machine takes longer than most calls.
    trust: ssl.SSLContext = field(default_factory=httpcore2.default_ssl_context)
    total_seconds: float = TOTAL_SECONDS

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"",
        seconds: float | None = None, *, kept: int = KEPT_BYTES,
    ) -> Answer:  # fmt: skip
        """One request, `seconds` of wall clock in all. Raises DestinationRefused or NoAnswer."""
        seconds = seconds or self.total_seconds
        self.policy.refuse_url(url)
        began = perf_counter()
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(method, url, headers, body, began, kept)
        except TimeoutError as problem:
            raise NoAnswer(f"no complete answer within {seconds:g} s") from problem
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
        ) as problem:
            raise NoAnswer(f"{type(problem).__name__}: {problem}"[:300]) from problem
        except (OSError, ssl.SSLError) as problem:
            raise NoAnswer(f"{type(problem).__name__}: {problem}"[:300]) from problem

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        began: float,
        most: int,
    ) -> Answer:
        backend = PinnedBackend(self.policy, self.resolver, self.dial)
        # A pool for each request: a kept connection would outlive the check of its address.
        async with httpcore2.AsyncConnectionPool(
            ssl_context=self.trust, network_backend=backend
        ) as pool:
            # Identity, so that a small answer can't unfold into a large one.
            sent = {"accept-encoding": "identity", **headers}
            async with pool.stream(method, url, headers=list(sent.items()), content=body) as answer:
                kept = bytearray()
                async for chunk in answer.aiter_stream():
                    kept += chunk
                    if len(kept) > most:
                        break
                lines = [
                    (name.decode().lower(), value.decode("latin-1"))
                    for name, value in answer.headers
                ]
                return Answer(
                    answer.status,
                    dict(lines),
                    bytes(kept[:most]),
                    perf_counter() - began,
                    len(kept) <= most,
                    tuple(value for name, value in lines if name == "set-cookie"),
                )
