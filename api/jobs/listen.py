"""Wakes the runner when a job is committed, so that nothing waits for the next look."""

import asyncio
from collections.abc import Callable

import asyncpg
import structlog
from sqlalchemy import make_url

from shared.watched import SERVER_SETTINGS, Unavailable, WatchedConnection

log = structlog.get_logger()

RECONNECT_SECONDS = 2.0


def driver_arguments(url: str) -> dict[str, object]:
    """asyncpg's own connect arguments for one of our SQLAlchemy addresses."""
    parsed = make_url(url)
    return {
        "host": parsed.query.get("host") or parsed.host,
        "port": int(str(parsed.query.get("port") or parsed.port or 5432)),
        "user": parsed.username,
        "password": parsed.password,
        "database": parsed.database,
    }


async def listen(url: str, channel: str, heard: Callable[[], None]) -> None:
    """Calls `heard` at every notification, and once after each (re)connect for what was missed."""
    while True:
        try:
            connection = await asyncpg.connect(
                **driver_arguments(url),
                timeout=5,
                # It only listens: without probes it would never learn that nobody talks any more.
                connection_class=WatchedConnection,
                server_settings=SERVER_SETTINGS,
            )
        except Unavailable:
            await asyncio.sleep(RECONNECT_SECONDS)
            continue
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _, gone=lost: gone.set())
        try:
            await connection.add_listener(channel, lambda *_: heard())
            heard()
            await lost.wait()
            log.warning("listener_lost", channel=channel)
        except Unavailable:
            log.warning("listener_failed", channel=channel)
        finally:
            # Saying goodbye over a dead line would fail, and end the listening with it.
            connection.terminate()
        await asyncio.sleep(RECONNECT_SECONDS)
