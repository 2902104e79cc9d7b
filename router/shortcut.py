"""The shortest way through uvicorn: a plain GET of a known link, answered without task or scope.

Everything else (other methods, bodies, unknown links, pipelines, HTTP/1.0) takes the ordinary way,
and a test compares the bytes of both.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from router.protocol import BoundedProtocol
from router.redirect import FIXED, Going, Redirect

NEEDS_MORE = frozenset((b"content-length", b"transfer-encoding", b"expect"))
CLOSE = b"connection: close\r\n"


def lines(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """As they stand in an answer."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


TAIL = lines(FIXED)


class Passing:
    """What uvicorn's request cycle is to a connection, while the click is being stored."""

    __slots__ = ("disconnected", "keep_alive", "message_event", "more_body", "response_complete")

    def __init__(self, message_event: asyncio.Event, *, keep_alive: bool) -> None:
        self.disconnected = False
        self.keep_alive = keep_alive
        self.message_event = message_event
        self.more_body = False
        self.response_complete = False


class ShortcutProtocol(BoundedProtocol):
    """Asks the application's `redirect` before it goes the ordinary way."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._redirect: Redirect = self.config.app.redirect  # type: ignore[union-attr]  # ours, see router.main
        self._nobody_waits = asyncio.Event()

    def on_message_begin(self) -> None:
        self._in_head = self._in_message = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        going = self._going()
        if going is None:
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expects
            self.headers += headers
            super().on_headers_complete()
            return
        self._in_head = False
        self._head_size = 0
        cycle = Passing(self._nobody_waits, keep_alive=not self._is_ending)
        self.cycle = cycle  # type: ignore[assignment]  # all that uvicorn asks of one

        def send(_: asyncio.Future[None]) -> None:
            self._send(cycle, going)

        going.settled.add_done_callback(send)

    def _going(self) -> Going | None:
        busy = self.cycle is not None and not self.cycle.response_complete
        headers = dict(self.headers)
        if (
            busy
            or self.flow.write_paused  # Whoever doesn't read their answers waits like everybody else.
            or self.parser.get_method() != b"GET"
            or self.parser.get_http_version() != "1.1"
            or not self.parser.should_keep_alive()
            or self.parser.should_upgrade()
            or not NEEDS_MORE.isdisjoint(headers)
        ):
            return None
        return self._redirect.at_once(self.url, headers, self.headers, self.client)

    def _send(self, cycle: Passing, going: Going) -> None:
        cycle.response_complete = True
        self._redirect.figures.redirects += 1
        if cycle.disconnected:
            return
        date = lines(self.server_state.default_headers)
        self.transport.write(
            b"HTTP/1.1 302 Found\r\n%blocation: %b\r\n%b%b%b\r\n"
            % (
                date,
                going.location,
                b"set-cookie: %b\r\n" % going.cookie if going.cookie else b"",
                TAIL,
                b"" if cycle.keep_alive else CLOSE,
            )
        )
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()
