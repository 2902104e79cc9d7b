"""`python -m bench.router`: every system in turn, forwards and back, and a table of medians."""

import argparse
import asyncio
import os
import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.router.place import Place, place
from bench.router.systems import PORT, SYSTEMS, running

VISITS = Path(__file__).with_name("visits.lua")
OURS, NGINX, EACH = "ours", "nginx `return 302`", "ours, one INSERT per click"
FORGET, PEERS, NODE = "ours, answering first", "look-ups and INSERT first", "the same on Node"


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement."""

    per_second: float
    p50: float
    p99: float
    failed: int
    answered: int
    stored: int
    cpu: float
    """Seconds of server CPU per second."""
    other_load: float


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", action="append", choices=SYSTEMS)
    options = parser.parse_args()
    names = options.only or list(SYSTEMS)
    runs: dict[str, list[Run]] = defaultdict(list)
    async with place() as where:
        for number in range(options.rounds):
            # A B C, then C B A: what the machine does meanwhile falls on all alike.
            for name in names if number % 2 == 0 else reversed(names):
                runs[name].append(await measure(name, where, options))
                print(f"{number} {name:30} {runs[name][-1]}", flush=True)
    report(runs)


async def measure(name: str, where: Place, options: argparse.Namespace) -> Run:
    await where.clear()
    with running(name, where) as process:
        await load(1, options.connections)
        before, busy = await where.count(), cpu(process.pid)
        idle, (said, _) = machine(), await load(options.seconds, options.connections)
        used, total = cpu(process.pid) - busy, machine()
        await asyncio.sleep(0.3)
        stored = await where.count() - before
    answered, took, p50, p99, status, errors = said
    spent = (total[0] - idle[0]) / (total[1] - idle[1])
    return Run(
        per_second=answered / (took / 1e6),
        p50=p50 / 1000,
        p99=p99 / 1000,
        failed=status + errors,
        answered=answered,
        stored=stored,
        cpu=used / (took / 1e6),
        other_load=spent,
    )


async def load(seconds: int, connections: int) -> tuple[list[int], str]:
    """wrk beside PostgreSQL on core 1."""
    process = await asyncio.create_subprocess_exec(
        "taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
        "-s", str(VISITS), f"http://127.0.0.1:{PORT}",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    match = re.search(r"RESULT ((?:\d+ ?){6})", err.decode())
    if match is None:
        raise SystemExit(f"wrk failed: {err.decode()}")
    return [int(value) for value in match[1].split()], out.decode()


def cpu(pid: int) -> float:
    """Seconds of CPU of a process and the children that it still has."""
    total = 0.0
    for line in subprocess.run(
        ["ps", "-o", "cputimes=,pid=,ppid=", "-A"], check=True, capture_output=True, text=True
    ).stdout.splitlines():
        _, own, parent = map(int, line.split())
        if pid in {own, parent}:
            fields = Path(f"/proc/{own}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def machine() -> tuple[int, int]:
    """Ticks that all cores were busy, and ticks that have passed on one."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields) // (os.cpu_count() or 1)


def stores(name: str) -> bool:
    return name != NGINX and "nothing" not in name


def report(runs: dict[str, list[Run]]) -> None:
    def middle(name: str, field: str) -> float:
        return float(median(getattr(run, field) for run in runs[name]))

    print(
        "\n| system | redirects/s (from, to) | p50 ms | p99 ms | per CPU second | not 302 | lost |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, found in runs.items():
        rates = [run.per_second for run in found]
        lost = sum(max(0, run.answered - run.stored) for run in found)
        per_cpu = middle(name, "per_second") / middle(name, "cpu")
        print(
            f"| {name} | {median(rates):,.0f} ({min(rates):,.0f}, {max(rates):,.0f})"
            f" | {middle(name, 'p50'):.2f} | {middle(name, 'p99'):.2f} | {per_cpu:,.0f}"
            f" | {sum(run.failed for run in found)} | {lost if stores(name) else '-'} |"
        )
    for other in (NGINX, EACH, FORGET, PEERS, NODE):
        if OURS in runs and other in runs:
            ratio = middle(OURS, "per_second") / middle(other, "per_second")
            print(f"ours ÷ {other}: {ratio:.3f} (its inverse {1 / ratio:.3f})")
    if OURS in runs and EACH in runs:
        print(f"p99 ours ÷ one INSERT: {middle(OURS, 'p99') / middle(EACH, 'p99'):.3f}")


if __name__ == "__main__":
    asyncio.run(main())
