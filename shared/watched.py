"""Connections that notice when the other end vanishes without a word, as with a lost host or cable.

TCP itself would wait a quarter of an hour for an answer to what it sent, and for ever where it sent
nothing; whoever waits for the connection would wait as long.
"""

import socket
from typing import Any

import asyncpg

SILENT_SECONDS = 10
IDLE_SECONDS = 5
PROBE_SECONDS = 2
PROBES = 3

# PostgreSQL watches its end by the same figures: until then, a client that is gone holds its locks.
SERVER_SETTINGS = {
    "tcp_user_timeout": str(SILENT_SECONDS * 1000),
    "tcp_keepalives_idle": str(IDLE_SECONDS),
    "tcp_keepalives_interval": str(PROBE_SECONDS),
    "tcp_keepalives_count": str(PROBES),
}
# By name, because not every system knows all of them.
OUR_OPTIONS = {
    "TCP_USER_TIMEOUT": SILENT_SECONDS * 1000,
    "TCP_KEEPIDLE": IDLE_SECONDS,
    "TCP_KEEPINTVL": PROBE_SECONDS,
    "TCP_KEEPCNT": PROBES,
}

# A lost connection, a dead server, one that starts or stops, a full disk, a table under migration:
# all of them may be over in a moment.
# InternalClientError is what asyncpg says when a connection breaks between two of its states.
Unavailable = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class WatchedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Breaks within SILENT_SECONDS of silence; a server that is merely busy isn't silent."""

    def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        watch(transport.get_extra_info("socket"))


def watch(end: Any) -> None:
    """What goes over a socket of the file system can't get lost on its way."""
    if end.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in OUR_OPTIONS.items():
        if hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
