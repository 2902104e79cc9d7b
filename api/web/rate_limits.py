"""Rate limits: by address for people, by key for servers, and tighter where guessing would pay."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import Any

import structlog
from fastapi import Depends, Request
from limits import RateLimitItem, WindowStats, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooManyRequests
from api.settings import Settings
from api.web.client import address_in, client_address
from api.web.problems import answer

log = structlog.get_logger()

# A portal's page makes a dozen calls; 600 in five minutes is two a second without a pause.
BY_ADDRESS = parse("600/5 minutes")
# A merchant's server reports for all its customers from one address, so its key counts, not that.
BY_KEY = parse("6000/minute")
# Mails that one address has sent to others: a person signs in a few times, who floods asks on.
MAILS = parse("10/hour")
WRONG_KEYS = parse("20/minute")
EXEMPT = (
    "/health",
    "/ready",
    "/metrics",
    "/api/webhooks/stripe",
    "/webhooks/stripe",
    "/api/uploads/",
    "/api/domains/check",
)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Counts in Redis where several processes should share them, else (and while it is away) here."""

    nearby: SlidingWindowCounterRateLimiter
    shared: SlidingWindowCounterRateLimiter | None
    on: bool

    @classmethod
    def of(cls, settings: Settings) -> "RateLimits":
        shared = None
        if address := settings.redis_url:
            storage: Any = storage_from_string(
                f"async+{address.get_secret_value()}",
                implementation="redispy",
                wrap_exceptions=True,
                # Whoever is counted waits for the counting.
                socket_connect_timeout=1,
                socket_timeout=1,
            )
            shared = SlidingWindowCounterRateLimiter(storage)
        nearby = SlidingWindowCounterRateLimiter(MemoryStorage())
        return cls(nearby, shared, settings.openpartner_rate_limits)

    async def spend(self, item: RateLimitItem, *who: str) -> None:
        """Counts one; raises TooManyRequests with the seconds to wait."""
        if self.on and not await self._ask("hit", item, *who):
            raise TooManyRequests(retryAfter=await self.wait(item, *who))

    async def spare(self, item: RateLimitItem, *who: str) -> bool:
        """Counts one; False where it is one too many and nobody should be told."""
        return not self.on or bool(await self._ask("hit", item, *who))

    async def refuse_exhausted(self, item: RateLimitItem, *who: str) -> None:
        """Raises like `spend`, but counts nothing."""
        if self.on and not await self._ask("test", item, *who):
            raise TooManyRequests(retryAfter=await self.wait(item, *who))

    async def wait(self, item: RateLimitItem, *who: str) -> int:
        stats = await self.stats(item, *who)
        return max(1, ceil(stats.reset_time - time.time()))

    async def stats(self, item: RateLimitItem, *who: str) -> WindowStats:
        """How many are left, and when the window ends."""
        found: WindowStats = await self._ask("get_window_stats", item, *who)
        return found

    async def _ask(self, question: str, item: RateLimitItem, *who: str) -> Any:
        if self.shared is not None:
            try:
                return await getattr(self.shared, question)(item, *who)
            except StorageError as problem:
                # Limits that nobody can count are no reason to turn everybody away.
                log.warning("rate_limit_storage_away", reason=str(problem)[:200])
        return await getattr(self.nearby, question)(item, *who)

    async def close(self) -> None:
        """Gives Redis its connections back."""
        if self.shared is not None:
            storage: Any = self.shared.storage
            await storage.bridge.storage.aclose()


def limited(name: str, rate: str, *, unless_by_key: bool = False) -> Any:
    """`dependencies=[limited("signin", "10/minute")]`: this many from one address.

    `unless_by_key`: servers call it too, whose keys have a limit of their own. Guessed keys don't
    help: those are counted, and refused much sooner.
    """
    item = parse(rate)

    async def within_limit(request: Request) -> None:
        if not (unless_by_key and _brings_key(request.headers.get("authorization"))):
            await request.state.limits.spend(item, name, client_address(request))

    return Depends(within_limit)


def _brings_key(header: str | None) -> bool:
    """Whether an Authorization header has something to look up; anything else is just a header."""
    scheme, _, token = (header or "").partition(" ")
    return scheme.lower() == "bearer" and bool(token.strip())


class Throttle:
    """The limit that holds for every route, with the headers that tell clients how much is left."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(EXEMPT):
            await self.app(scope, receive, send)
            return
        limits: RateLimits = scope["state"]["limits"]
        item, who = self.whose(scope)
        try:
            await limits.spend(item, "all", who)
        except TooManyRequests as refusal:
            await answer(refusal)(scope, receive, send)
            return
        await self.app(scope, receive, await self.telling(limits, item, who, send))

    @staticmethod
    def whose(scope: Scope) -> tuple[RateLimitItem, str]:
        header = Headers(scope=scope).get("authorization")
        if header is not None and _brings_key(header):
            return BY_KEY, sha256(header.encode()).hexdigest()
        return BY_ADDRESS, address_in(scope, scope["state"]["proxies"])

    @staticmethod
    async def telling(
        limits: RateLimits, item: RateLimitItem, who: str, send: Send
    ) -> Callable[[Message], Awaitable[None]]:
        if not limits.on:
            return send
        stats = await limits.stats(item, "all", who)
        window = item.get_expiry()
        left = max(0, stats.remaining)
        reset = max(0, ceil(stats.reset_time - time.time()))

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f"{item.amount};w={window}"
                headers["RateLimit"] = f"limit={item.amount}, remaining={left}, reset={reset}"
            await send(message)

        return with_headers
