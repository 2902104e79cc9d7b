"""`python -m bench.scale`: insert, redirect, dashboard and attribution look-up, empty and with many clicks.

Both databases lie on one server and hold the same workspace, links and partners; one of them has a
month of that workspace's own clicks besides. They take turns at every single call, so that whatever
else the machine does falls on both alike; figures are medians in milliseconds, and their quotient.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median

from bench.router.place import Place, furnished, place
from bench.router.systems import PORT, ROOT, environment, wait_until_it_answers
from bench.scale.filling import fill, furnish, settle
from bench.scale.measures import Measures

WARM_UP = 10
GOAL = 1.2
# What the goal is about, and what is worth knowing besides.
# Those that write come last, for what they write would have to be counted by the others.
CALLS: dict[str, tuple[Callable[[Measures], Awaitable[None]], int, bool]] = {
    "a partner's dashboard, 30 days, with links": (Measures.dashboard, 100, True),
    "attribution look-up": (Measures.attribution, 300, True),
    "the dashboard since a noon": (Measures.dashboard_since_noon, 30, False),
    "the program's overview, 50 partners": (Measures.overview, 20, False),
    "a partner's funnel": (Measures.funnel, 5, False),
    "redirect, answered after its commit": (Measures.redirect, 300, True),
    "insert of 64 clicks": (Measures.insert, 300, True),
}


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=10_000_000)
    wanted = parser.parse_args()
    async with place(core=None) as full:
        empty = await furnished(full.server, "empty", full.folder)
        for where in (empty, full):
            await furnish(where)
        await fill(full, wanted.clicks)
        for where in (empty, full):
            await settle(where)
        print(f"Load before measuring: {os.getloadavg()[0]:.1f}\n")
        with router(empty, PORT), router(full, PORT + 1):
            return await compare(empty, full)


async def compare(empty: Place, full: Place) -> int:
    """1 where the goal isn't reached."""
    both = [await Measures.of(empty, PORT), await Measures.of(full, PORT + 1)]
    print("| median, ms | empty | full | full ÷ empty |\n|---|---|---|---|")
    missed = 0
    for name, (call, rounds, is_goal) in CALLS.items():
        before, after = await in_turn(call, both, rounds)
        missed += is_goal and after / before > GOAL
        print(f"| {name} | {before:.2f} | {after:.2f} | {after / before:.2f} |", flush=True)
    for one in both:
        await one.close()
    return min(missed, 1)


async def in_turn(
    call: Callable[[Measures], Awaitable[None]], both: list[Measures], rounds: int
) -> list[float]:
    """The medians of both, after a few calls that warm up."""
    took: list[list[float]] = [[], []]
    for number in range(WARM_UP + rounds):
        # Whoever comes second finds caches of the processor as the first left them; so they change.
        for which in (0, 1) if number % 2 else (1, 0):
            started = time.perf_counter()
            await call(both[which])
            if number >= WARM_UP:
                took[which].append((time.perf_counter() - started) * 1000)
    return [median(one) for one in took]


@contextmanager
def router(where: Place, port: int) -> Iterator[None]:
    """A router of this database, until the end."""
    given = environment(where) | {
        "ROUTER_PORT": str(port),
        "ROUTER_JOURNAL_DIR": str(where.folder / f"journal-{port}"),
    }
    process = subprocess.Popen([sys.executable, "-m", "router.serve"], cwd=ROOT, env=given)
    try:
        wait_until_it_answers(port=port)
        yield
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
