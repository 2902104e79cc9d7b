"""`python -m bench.loss`: every fault in turn under load, then every answered click is looked for."""

import argparse
import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.loss.faults import FAULTS
from bench.loss.reckoning import compare
from bench.loss.site import PORT, Site
from bench.loss.visitors import Visitors
from bench.router.place import LINKS, place

HERE = ("127.0.0.1", PORT)
SHARE = 0.8
DRAIN_SECONDS = 120
RELOAD = "router_reloaded"
QUICK = ("database_killed", "router_killed", "router_killed_while_draining", "both_killed")
"""Again and again, until there were enough clicks."""


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--disk-mb", type=int, default=3000)
    parser.add_argument("--only", action="append", choices=FAULTS)
    options = parser.parse_args()
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(options.disk_mb))
        journal = Path(stack.enter_context(TemporaryDirectory(prefix="op-journal-")))
        where = await stack.enter_async_context(place(core=None, parent=disk))
        site = Site(where, journal, options.workers)
        await asyncio.to_thread(site.start_router)
        stack.callback(site.stop_router)
        return await go_through(site, options)


async def go_through(site: Site, options: argparse.Namespace) -> int:
    everything: list[bytes] = []
    rate = await capacity(options.connections, everything) * SHARE
    print(f"load: {rate:,.0f} redirects/s, {SHARE:.0%} of capacity\n")
    print(
        "| fault | redirects | not 302 | no router | slowest s | drained in s | missing | extra |"
    )
    print("|---|---|---|---|---|---|---|---|")
    failed = False
    names, again = list(options.only or FAULTS), cycle(options.only or QUICK)
    if options.workers == 1:  # A process alone has nobody to give way to.
        names = [name for name in names if name != RELOAD]
    started = time.monotonic()
    while len(everything) < options.clicks or names:
        name = names.pop(0) if names else next(again)
        visitors = Visitors([HERE], options.connections, LINKS)
        visitors.start(rate)
        await asyncio.sleep(3)
        await FAULTS[name](site)
        await asyncio.sleep(3)
        await visitors.stop()
        everything += visitors.given
        took = await drained(site)
        missing, extra = await compare(site.place, everything)
        failed |= bool(missing or visitors.refused or (name == RELOAD and visitors.unanswered))
        print(
            f"| {name.replace('_', ' ')} | {len(visitors.given):,} | {visitors.refused}"
            f" | {visitors.unanswered} | {visitors.slowest:.2f} | {took:.1f} | {missing} | {extra} |",
            flush=True,
        )
    doubled = len(everything) - len(set(everything))
    print(f"\n{len(everything):,} redirects in {time.monotonic() - started:,.0f} s;"
          f" crefs given twice: {doubled}; router starts: {site.starts}")  # fmt: skip
    return int(failed or bool(doubled))


async def capacity(connections: int, everything: list[bytes]) -> float:
    visitors = Visitors([HERE], connections, LINKS)
    visitors.start(1e9)
    await asyncio.sleep(5)
    await visitors.stop()
    everything += visitors.given
    return len(visitors.given) / 5


async def drained(site: Site) -> float:
    """Seconds until nothing waits on disk; what is still open is empty or about to be drained."""
    started = time.monotonic()
    async with asyncio.timeout(DRAIN_SECONDS):
        while site.waiting():  # noqa: ASYNC110  # another process empties the folder
            await asyncio.sleep(0.1)
    return time.monotonic() - started


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own for the database, which can be filled without harm."""
    with TemporaryDirectory(prefix="op-disk-") as name:
        Path(name).chmod(0o711)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "tmpfs", name],
            check=True,
        )
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
