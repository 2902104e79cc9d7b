"""`python -m bench.scale`: insert, redirect, dashboard and attribution look-up, empty and with many clicks.

Both databases lie on one server and hold the same workspace, links and partners; one of them has a
month of that workspace's own clicks besides. They take turns at every single call, so that whatever
else the machine does falls on both alike. Figures are milliseconds: the median of how long a call took,
and what it cost on average of the CPU (of the caller, its connections and its router together), which
suffers less from a busy machine.
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

WARM_UP = 20
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
        with router(empty, PORT) as first, router(full, PORT + 1) as second:
            both = [
                await Measures.of(empty, PORT, first),
                await Measures.of(full, PORT + 1, second),
            ]
            try:
                return await compare(both)
            finally:
                for one in both:
                    await one.close()


async def compare(both: list[Measures]) -> int:
    """1 where the goal isn't reached."""
    print("| | median, empty | full | full ÷ empty | CPU, empty | full | full ÷ empty |")
    print("|---|---|---|---|---|---|---|")
    missed = 0
    for name, (call, rounds, is_goal) in CALLS.items():
        (before, cpu_before), (after, cpu_after) = await in_turn(call, both, rounds)
        missed += is_goal and after / before > GOAL
        print(
            f"| {name} | {before:.2f} | {after:.2f} | {after / before:.2f} | {cpu_before:.2f}"
            f" | {cpu_after:.2f} | {cpu_after / cpu_before:.2f} |",
            flush=True,
        )
    return min(missed, 1)


async def in_turn(
    call: Callable[[Measures], Awaitable[None]], both: list[Measures], rounds: int
) -> list[tuple[float, float]]:
    """Of both, the median and the CPU, after a few calls that warm up."""
    took: list[list[float]] = [[], []]
    own = [0.0, 0.0]
    for number in range(WARM_UP):
        await call(both[number % 2])
    before = [await one.cpu() for one in both]
    for number in range(rounds):
        # Whoever comes second finds caches of the processor as the first left them; so they change.
        for which in (0, 1) if number % 2 else (1, 0):
            started, computed = time.perf_counter(), time.process_time()
            await call(both[which])
            took[which].append((time.perf_counter() - started) * 1000)
            own[which] += time.process_time() - computed
    cpu = [
        await one.cpu() - earlier + mine
        for one, earlier, mine in zip(both, before, own, strict=True)
    ]
    return [(median(taken), 1000 * spent / rounds) for taken, spent in zip(took, cpu, strict=True)]


@contextmanager
def router(where: Place, port: int) -> Iterator[int]:
    """A router of this database, until the end; its process."""
    given = environment(where) | {
        "ROUTER_PORT": str(port),
        "ROUTER_JOURNAL_DIR": str(where.folder / f"journal-{port}"),
    }
    process = subprocess.Popen([sys.executable, "-m", "router.serve"], cwd=ROOT, env=given)
    try:
        wait_until_it_answers(port=port)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
