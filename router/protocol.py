"""HTTP/1.1 with bounds that uvicorn doesn't have: how long a head may take, and how large it may be."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Connections that don't get to the point are closed: the slow, the endless, and the silent."""

    head_seconds = 10.0
    head_bytes = 32 * 1024
    linger_seconds = 1.0
    """Who has connected just before the end may have a request on its way."""

    _is_ending = False
    _in_head = False
    _in_message = False
    _head_size = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            self._stop_clock()
            return
        self._head_size += len(data)
        if self._head_size > self.head_bytes:
            self.transport.write(TOO_LARGE)
            self._give_up()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def on_message_begin(self) -> None:
        self._in_head = self._in_message = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_size = 0
        super().on_headers_complete()
        if self._is_ending:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._in_message:
            # Answered before its body was here, and nobody will read that: it could drip for days.
            self.transport.close()
        super().on_response_complete()

    def shutdown(self) -> None:
        """One more request is answered, and the connection closed with it; uvicorn would cut it off."""
        self._is_ending = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(self.linger_seconds, self._close_if_idle)
        else:
            super().shutdown()

    def _close_if_idle(self) -> None:
        # A head that has begun has a deadline of its own.
        if not self._in_head and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()

    def _give_up(self) -> None:
        self._stop_clock()
        self.transport.close()

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
