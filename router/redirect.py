"""GET /r/{key}: find the link, flag the click, wait until it is durable, send the visitor on."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from time import time
from typing import NamedTuple

from asyncpg.pgproto import pgproto
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from router import pages
from router.clicks import Clicks
from router.counters import FixedWindow
from router.directory import Halves
from router.flags import Flags, is_prefetch
from router.links import Found, Links, UnknownNowError
from router.settings import Settings
from shared.proxies import TrustedProxies
from shared.visitor import (
    AddressHasher,
    around_cookie,
    cref_from_cookies,
    cref_text,
    line_of,
    new_click_id,
)

DEFAULT_SLUG = "default"
"""The workspace of a single-tenant installation; a test compares it with the tables'."""

PATH = re.compile(rb"/r/(?:([A-Za-z0-9_-]{1,64})/)?([A-Za-z0-9_-]{1,64})/?(?:\?[^#]*)?")
BODY_MAX = 64 * 1024
AGENT_MAX = 1024
REFERER_MAX = 2048
RETRY_AFTER = 5

FIXED = [
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    # The brand learns which site sent the visitor, never the page they were reading.
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-robots-tag", b"noindex"),
]
EMPTY = {"type": "http.response.body", "body": b""}

Headers = Mapping[bytes, bytes]
HeaderList = Iterable[tuple[bytes, bytes]]
Client = tuple[str, int] | None


@dataclass(slots=True)
class Figures:
    """What this process answered, for metrics."""

    redirects: int = 0
    unknown: int = 0
    limited: int = 0
    unavailable: int = 0


class Going(NamedTuple):
    """A visitor about to leave, once `settled` says that their click is durable."""

    settled: asyncio.Future[None]
    location: bytes
    cookie: bytes


class Redirect:
    """An ASGI application: building Request and Response objects costs more than the click does."""

    def __init__(self, settings: Settings, links: Links, clicks: Clicks) -> None:
        self.figures = Figures()
        self._links = links
        self._clicks = clicks
        self._default_slug = DEFAULT_SLUG if settings.single_tenant else None
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._hasher = AddressHasher(settings.master_key)
        self._flags = Flags(settings.velocity_max, settings.velocity_seconds)
        self._cap = FixedWindow(settings.address_cap_max, settings.address_cap_seconds)
        self._limited = pages.rate_limited(ceil(settings.address_cap_seconds))
        self._unavailable = pages.unavailable(RETRY_AFTER)
        self._cookie = around_cookie(settings.cookie_domain, secure=settings.secure_cookie)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        going = await self._answer(scope)
        if isinstance(going, Response):
            return await going(scope, receive, send)
        await going.settled
        self.figures.redirects += 1
        headers = [(b"location", going.location), (b"set-cookie", going.cookie), *FIXED]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        return await send(EMPTY)

    async def _answer(self, scope: Scope) -> Going | Response:
        headers = dict(scope["headers"])
        if scope["method"] not in {"GET", "HEAD"}:
            return pages.NOT_ALLOWED
        if b"transfer-encoding" in headers or int(headers.get(b"content-length", b"0")) > BODY_MAX:
            return pages.TOO_LARGE
        now = time()
        line = self.line(scope["client"], scope["headers"])
        if line is not None and not self._cap.admit(line, now):
            self.figures.limited += 1
            return self._limited
        try:
            found = await self._find(scope["path"].encode())
        except UnknownNowError:
            self.figures.unavailable += 1
            return self._unavailable
        destination = found[1].destination if found else None
        if found is None or destination is None:
            self.figures.unknown += 1
            return pages.NOT_FOUND
        return self._leave(found, destination, scope["method"], headers, line, now)

    def at_once(self, target: bytes, header_list: HeaderList, client: Client) -> Going | None:
        """The same for a plain GET of a link in memory; None where it needs the long way."""
        found = self._known(target)
        destination = found[1].destination if found else None
        if found is None or destination is None:
            return None
        now = time()
        line = self.line(client, header_list)
        if line is not None and not self._cap.admit(line, now):
            return None
        return self._leave(found, destination, "GET", dict(header_list), line, now)

    def line(self, client: Client, header_list: HeaderList) -> str | None:
        """The visitor's line, as far as the proxies that we trust know it."""
        if client is None:
            return None
        # All of them: the header may come more than once.
        forwarded = [v.decode("latin-1") for n, v in header_list if n == b"x-forwarded-for"]
        return line_of(
            self._proxies.client_address(client[0], forwarded) if forwarded else client[0]
        )

    def _known(self, target: bytes) -> Found | None:
        match = PATH.fullmatch(target)
        if match is None:
            return None
        slug = match[1].decode() if match[1] else self._default_slug
        return None if slug is None else self._links.find(slug, match[2].decode())

    async def _find(self, path: bytes) -> Found | None:
        match = PATH.fullmatch(path)
        if match is None:
            return None
        slug, key = match[1].decode() if match[1] else self._default_slug, match[2].decode()
        if slug is None:
            return None
        return self._links.find(slug, key) or await self._links.ask(slug, key)

    def _leave(
        self,
        found: Found,
        destination: Halves,
        method: str,
        headers: Headers,
        line: str | None,
        now: float,
    ) -> Going:
        """Flag and record the click, in the order of router.insert.Click."""
        tenant, link = found
        milliseconds = int(now * 1000)
        click_id = new_click_id(milliseconds)
        cref = cref_text(click_id)
        location = cref.join(destination)
        agent = clean(headers.get(b"user-agent", b""), AGENT_MAX)
        cookies = headers.get(b"cookie")
        address = self._hasher.hash(tenant.key, line, milliseconds) if line else None
        flag = self._flags.of(
            link,
            address=address,
            agent=agent,
            cref=cref_from_cookies(cookies.decode("latin-1")) if cookies else None,
            prefetch=is_prefetch(method, headers),
            now=now,
        )
        self._flags.issued(link, cref, now)
        settled = self._clicks.record(
            (
                tenant.id,
                pgproto.UUID(click_id),
                milliseconds,
                pgproto.UUID(link.id),
                link.partner.id,
                link.campaign.id,
                location,
                address,
                agent or None,
                clean(headers.get(b"referer", b""), REFERER_MAX) or None,
                flag,
            )
        )
        return Going(settled, location.encode(), cref.join(self._cookie).encode())


def clean(value: bytes, longest: int) -> str:
    """Text that PostgreSQL takes whatever a stranger sent: valid UTF-8, no NUL, not too long."""
    return value[: 4 * longest].decode("utf-8", "replace").replace("\x00", "")[:longest]
