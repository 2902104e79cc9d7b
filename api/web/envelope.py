"""What surrounds every answer: a request id, security headers, one log line, and never a bare 500."""

from re import compile as pattern
from time import perf_counter

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BadRequest, Internal
from api.metrics import REQUEST_SECONDS
from api.web.problems import answer
from shared.ids import new_id

log = structlog.get_logger()

USABLE_ID = pattern(r"^[\x21-\x7e]{1,128}$")
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class UnusableAddress(BadRequest, code="invalid_query"):
    """The address contains a NUL byte, which can't be looked for."""


class Envelope:
    """The outermost layer. It reads no body and logs no query: tokens travel in both."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if USABLE_ID.match(given) else str(new_id())
        scope["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began, status = perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.dress(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
                await answer(UnusableAddress())(scope, receive, dressed)
            else:
                await self.app(scope, receive, dressed)
        except Exception:
            log.exception("unhandled", method=scope["method"], path=scope["path"])
            if status:
                raise
            await answer(Internal(requestId=request_id))(scope, receive, dressed)
        finally:
            self.record(scope, status, perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request_id")

    def dress(self, headers: MutableHeaders, request_id: str) -> None:
        headers["x-request-id"] = request_id
        for name, value in SECURITY.items():
            headers.setdefault(name, value)
        if self.https:
            headers.setdefault("strict-transport-security", STRICT_TRANSPORT)

    @staticmethod
    def record(scope: Scope, status: int, seconds: float) -> None:
        # The template, never the address: ids would make a metric series per partner.
        route = getattr(scope.get("route"), "path", "unmatched")
        REQUEST_SECONDS.labels(scope["method"], route, str(status)).observe(seconds)
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
        )
