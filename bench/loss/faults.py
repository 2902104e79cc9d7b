"""What goes wrong, by name: each fault begins, lasts, and ends while visitors keep coming."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from bench.loss.site import Site, children

Fault = Callable[[Site], Awaitable[None]]

OUTAGE_SECONDS = 60
SHORT_SECONDS = 3


async def database_killed(site: Site) -> None:
    """SIGKILL to the whole server, and a start after three seconds."""
    site.place.server.kill()
    await asyncio.sleep(SHORT_SECONDS)
    await asyncio.to_thread(site.place.server.start)


async def database_stopped(site: Site) -> None:
    """A minute without a server."""
    await asyncio.to_thread(site.place.server.stop)
    await asyncio.sleep(OUTAGE_SECONDS)
    await asyncio.to_thread(site.place.server.start)


async def database_frozen(site: Site) -> None:
    """Its processes are stopped with connections open, as by a hanging disk."""
    process = site.place.server.process
    assert process is not None
    pids = [process.pid, *children(process.pid)]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(SHORT_SECONDS * 3)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def disk_filled(site: Site) -> None:
    """No byte is left for the database; then there is room again."""
    ballast = site.place.folder / "ballast"
    with suppress(OSError):
        await asyncio.to_thread(fill, ballast)
    await asyncio.sleep(SHORT_SECONDS * 3)
    ballast.unlink()
    server = site.place.server
    if not server.is_running():  # Without room for its log it stops itself, and says why.
        server.kill()
        await asyncio.to_thread(server.start)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65536)


async def router_killed(site: Site) -> None:
    """SIGKILL in the middle of everything; a supervisor starts the next one."""
    site.kill_router()
    await asyncio.to_thread(site.start_router)


async def both_killed(site: Site) -> None:
    site.kill_router()
    site.place.server.kill()
    await asyncio.to_thread(site.start_router)
    await asyncio.sleep(SHORT_SECONDS)
    await asyncio.to_thread(site.place.server.start)


async def router_killed_during_an_outage(site: Site) -> None:
    """The next one starts without a database, from the snapshot, beside the journal of the last."""
    await asyncio.to_thread(site.place.server.stop)
    for _ in range(3):
        await asyncio.sleep(SHORT_SECONDS)
        await router_killed(site)
    await asyncio.sleep(SHORT_SECONDS)
    await asyncio.to_thread(site.place.server.start)


async def router_killed_while_the_disk_is_full(site: Site) -> None:
    filling = asyncio.create_task(disk_filled(site))
    await asyncio.sleep(SHORT_SECONDS)
    await router_killed(site)
    await filling


async def router_killed_while_draining(site: Site) -> None:
    """The database is back, the journal half home."""
    await asyncio.to_thread(site.place.server.stop)
    await asyncio.sleep(SHORT_SECONDS * 3)
    await asyncio.to_thread(site.place.server.start)
    await asyncio.sleep(1)
    await router_killed(site)


async def router_reloaded(site: Site) -> None:
    """No fault at all: every worker gives way to a new one, and no visitor may notice."""
    assert site.router is not None
    before = set(children(site.router.pid))
    site.router.send_signal(signal.SIGHUP)
    now = before
    while now & before or len(now) != site.workers:
        await asyncio.sleep(0.2)
        now = set(await asyncio.to_thread(children, site.router.pid))


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        database_killed, router_killed, both_killed, database_frozen, disk_filled, database_stopped,
        router_killed_during_an_outage, router_killed_while_the_disk_is_full,
        router_killed_while_draining, router_reloaded,
    )
}  # fmt: skip
