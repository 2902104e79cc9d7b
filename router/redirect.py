"""GET /r/{key}: find the link, flag the click, wait until it is durable, send the visitor on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from time import time

from asyncpg.pgproto import pgproto
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from router import pages
from router.clicks import Clicks
from router.counters import FixedWindow
from router.directory import Halves, Link, Tenant
from router.flags import Flags, is_prefetch
from router.insert import Click
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

PATH = re.compile(r"/r/(?:([A-Za-z0-9_-]{1,64})/)?([A-Za-z0-9_-]{1,64})/?")
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


@dataclass(slots=True)
class Figures:
    """What this process answered, for metrics."""

    redirects: int = 0
    unknown: int = 0
    limited: int = 0
    unavailable: int = 0


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
        headers = dict(scope["headers"])
        now = time()
        line = self._line(scope, headers)
        if refusal := self._refusal(scope, headers, line, now):
            return await refusal(scope, receive, send)
        try:
            found = await self._find(scope["path"])
        except UnknownNowError:
            self.figures.unavailable += 1
            return await self._unavailable(scope, receive, send)
        destination = found[1].destination if found else None
        if found is None or destination is None:
            self.figures.unknown += 1
            return await pages.NOT_FOUND(scope, receive, send)
        click_id = new_click_id(int(now * 1000))
        cref = cref_text(click_id)
        prefetch = is_prefetch(scope["method"], headers)
        await self._clicks.record(
            self._click(found, destination, click_id, cref, headers, line, prefetch, now)
        )
        self.figures.redirects += 1
        await send(
            {
                "type": "http.response.start",
                "status": 302,
                "headers": [
                    (b"location", cref.join(destination).encode()),
                    (b"set-cookie", cref.join(self._cookie).encode()),
                    *FIXED,
                ],
            }
        )
        return await send(EMPTY)

    def _refusal(
        self, scope: Scope, headers: Headers, line: str | None, now: float
    ) -> Response | None:
        """What is answered without a look at any link."""
        if scope["method"] not in {"GET", "HEAD"}:
            return pages.NOT_ALLOWED
        if b"transfer-encoding" in headers or int(headers.get(b"content-length", b"0")) > BODY_MAX:
            return pages.TOO_LARGE
        if line is not None and not self._cap.admit(line, now):
            self.figures.limited += 1
            return self._limited
        return None

    def _line(self, scope: Scope, headers: Headers) -> str | None:
        if scope["client"] is None:
            return None
        address = scope["client"][0]
        if b"x-forwarded-for" in headers:
            # All of them: a header may come more than once, and the mapping keeps only the last.
            forwarded = [
                v.decode("latin-1") for n, v in scope["headers"] if n == b"x-forwarded-for"
            ]
            address = self._proxies.client_address(address, forwarded)
        return line_of(address)

    async def _find(self, path: str) -> Found | None:
        match = PATH.fullmatch(path)
        if match is None:
            return None
        slug, key = match[1] or self._default_slug, match[2]
        if slug is None:
            return None
        return self._links.find(slug, key) or await self._links.ask(slug, key)

    def _click(
        self,
        found: tuple[Tenant, Link],
        destination: Halves,
        click_id: bytes,
        cref: str,
        headers: Headers,
        line: str | None,
        prefetch: bool,
        now: float,
    ) -> Click:
        """One row of `clicks`, in the order of router.insert.Click."""
        tenant, link = found
        agent = clean(headers.get(b"user-agent", b""), AGENT_MAX)
        cookies = headers.get(b"cookie")
        address = None
        if line is not None:
            day = datetime.fromtimestamp(now, UTC).date()
            address = self._hasher.hash(tenant.key, line, day)
        flag = self._flags.of(
            link,
            address=address,
            agent=agent,
            cref=cref_from_cookies(cookies.decode("latin-1")) if cookies else None,
            prefetch=prefetch,
            now=now,
        )
        self._flags.issued(link, cref, now)
        return (
            tenant.id,
            pgproto.UUID(click_id),
            int(now * 1000),
            pgproto.UUID(link.id),
            link.partner.id,
            link.campaign.id,
            cref.join(destination),
            address,
            agent or None,
            clean(headers.get(b"referer", b""), REFERER_MAX) or None,
            flag,
        )


def clean(value: bytes, longest: int) -> str:
    """Text that PostgreSQL takes whatever a stranger sent: valid UTF-8, no NUL, not too long."""
    return value[: 4 * longest].decode("utf-8", "replace").replace("\x00", "")[:longest]
