"""GET /r/{key}: find the link, flag the click, wait until it is durable, send the visitor on."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from time import time
from typing import Any, NamedTuple

from asyncpg.pgproto import pgproto
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from router import pages
from router.clicks import Clicks
from router.consent import may_remember
from router.counters import FixedWindow
from router.directory import Halves, Tenant
from router.flags import Flags, Judged, Visit, is_prefetch
from router.links import Found, Links, UnknownNowError
from router.parameters import NONE, Parameter, ad_of, passed_on, read, utm_of
from router.ranges import Ranges
from router.settings import Settings
from shared.proxies import TrustedProxies
from shared.visit_rules import VERSIONS
from shared.visitor import (
    AddressHasher,
    around_cookie,
    cref_from_cookies,
    cref_text,
    forgotten_cookie,
    line_of,
    new_click_id,
)

DEFAULT_SLUG = "default"
"""The workspace of a single-tenant installation; a test compares it with the tables'."""

PATH = re.compile(rb"/r/(?:([A-Za-z0-9_-]{1,64})/)?([A-Za-z0-9_-]{1,64})/?(?:\?([^#]*))?")
FORWARDED = b"x-forwarded-for"
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


class Came(NamedTuple):
    """How somebody came: method, headers, what stands behind the question mark, line, and when."""

    method: str
    headers: Headers
    parameters: tuple[Parameter, ...]
    line: str | None
    now: float


class Going(NamedTuple):
    """A visitor about to leave, once `settled` says that their click is durable.

    `cookie` is empty where nothing is remembered.
    """

    settled: asyncio.Future[None]
    location: bytes
    cookie: bytes


class Redirect:
    """An ASGI application: building Request and Response objects costs more than the click does."""

    def __init__(self, settings: Settings, links: Links, clicks: Clicks, ranges: Ranges) -> None:
        self.figures = Figures()
        self._ranges = ranges if len(ranges) else None
        self._links = links
        self._domains = links.domains
        self._clicks = clicks
        self._default_slug = DEFAULT_SLUG if settings.single_tenant else None
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._hasher = AddressHasher(settings.master_key)
        self._flags = Flags(settings.velocity_max, settings.velocity_seconds)
        self._cap = FixedWindow(settings.address_cap_max, settings.address_cap_seconds)
        self._limited = pages.rate_limited(ceil(settings.address_cap_seconds))
        self._unavailable = pages.unavailable(RETRY_AFTER)
        self._cookie = around_cookie(settings.cookie_domain, secure=settings.secure_cookie)
        self._forget = forgotten_cookie(
            settings.cookie_domain, secure=settings.secure_cookie
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        going = await self._answer(scope)
        if isinstance(going, Response):
            return await going(scope, receive, send)
        await going.settled
        self.figures.redirects += 1
        cookie = [(b"set-cookie", going.cookie)] if going.cookie else []
        headers = [(b"location", going.location), *cookie, *FIXED]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        return await send(EMPTY)

    async def _answer(self, scope: Scope) -> Going | Response:
        headers = dict(scope["headers"])
        if scope["method"] not in {"GET", "HEAD"}:
            return pages.NOT_ALLOWED
        if b"transfer-encoding" in headers or int(headers.get(b"content-length", b"0")) > BODY_MAX:
            return pages.TOO_LARGE
        now = time()
        line = self.line(scope["client"], headers, scope["headers"])
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
        came = Came(scope["method"], headers, read(scope["query_string"]), line, now)
        return self._leave(found, destination, came)

    def at_once(
        self, target: bytes, headers: Headers, header_list: HeaderList, client: Client
    ) -> Going | None:
        """The same for a plain GET of a link in memory; None where it needs the long way."""
        match = PATH.fullmatch(target)
        found = self._known(match) if match else None
        destination = found[1].destination if found else None
        if match is None or found is None or destination is None:
            return None
        if self._domains and self._domains.slug_of(headers.get(b"host", b"").decode("latin-1")):
            return None
        now = time()
        line = self.line(client, headers, header_list)
        if line is not None and not self._cap.admit(line, now):
            return None
        came = Came("GET", headers, read(match[3]) if match[3] else NONE, line, now)
        return self._leave(found, destination, came)

    def line(self, client: Client, headers: Headers, header_list: HeaderList) -> str | None:
        """The visitor's line, as far as the proxies that we trust know it."""
        if client is None:
            return None
        if FORWARDED not in headers:
            return line_of(client[0])
        # All of them: the header may come more than once.
        forwarded = [value.decode("latin-1") for name, value in header_list if name == FORWARDED]
        return line_of(self._proxies.client_address(client[0], forwarded))

    def _known(self, match: re.Match[bytes]) -> Found | None:
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

    def _leave(self, found: Found, destination: Halves, came: Came) -> Going:
        """Flag and record the click, in the order of router.insert.Click."""
        tenant, link = found
        headers, milliseconds = came.headers, int(came.now * 1000)
        click_id = new_click_id(milliseconds)
        cref = cref_text(click_id)
        remember = may_remember(link.campaign.cookies, headers, came.parameters)
        visit = self._visit(tenant, came)
        judged = self._flags.of(link, tenant.rules, visit)
        location = landing = cref.join(destination)
        if came.parameters:
            more = passed_on(came.parameters, link.campaign.passing, destination[0])
            location = destination[0] + cref + more + destination[1]
        if remember:
            self._flags.issued(link, cref, came.now)
            cookie, landing = cref.join(self._cookie).encode(), location
        else:
            # What was passed on may name the visitor, so it isn't kept then.
            cookie = self._forget if visit.cref else b""
        settled = self._clicks.record(
            (
                tenant.id,
                pgproto.UUID(click_id),
                milliseconds,
                pgproto.UUID(link.id),
                link.partner.id,
                link.campaign.id,
                landing,
                visit.address if remember else None,
                (visit.agent or None) if remember else None,
                (visit.referer or None) if remember else None,
                judged.flag,
                as_json(utm_of(came.parameters)) if came.parameters else None,
                signals(visit, judged, remember=remember),
                VERSIONS[judged.flag] if judged.flag else None,
            )
        )
        return Going(settled, location.encode(), cookie)

    def _visit(self, tenant: Tenant, came: Came) -> Visit:
        headers, line = came.headers, came.line
        cookies = headers.get(b"cookie")
        return Visit(
            address=self._hasher.hash(tenant.key, line, int(came.now * 1000)) if line else None,
            agent=clean(headers.get(b"user-agent", b""), AGENT_MAX),
            cref=cref_from_cookies(cookies.decode("latin-1")) if cookies else None,
            prefetch=is_prefetch(came.method, headers),
            network=self._ranges.find(line) if self._ranges and line else None,
            referer=clean(headers.get(b"referer", b""), REFERER_MAX),
            ad=ad_of(came.parameters) if came.parameters else None,
            now=came.now,
        )


def signals(visit: Visit, judged: Judged, *, remember: bool) -> str | None:
    """What rules may ask for later and no other column says; None for most visits."""
    found: dict[str, Any] = {}
    if visit.cref and remember:
        found["prev"] = visit.cref
    if not remember:
        found["consent"] = False
    if visit.network:
        found["datacenter"] = visit.network
    if visit.ad:
        found["ad"] = visit.ad
    if judged.also:
        found["also"] = judged.also
    return as_json(found or None)


_compact = json.JSONEncoder(separators=(",", ":")).encode


def as_json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else _compact(value)


def clean(value: bytes, longest: int) -> str:
    """Text that PostgreSQL takes whatever a stranger sent: valid UTF-8, no NUL, not too long."""
    return value[: 4 * longest].decode("utf-8", "replace").replace("\x00", "")[:longest]
