"""`python -m bench.tenants`: what 499 neighbors cost one brand, a tick of the schedule, noisy neighbors.

Every process of ours runs on core 0; PostgreSQL, the clients and the receivers share core 1. Ratios are of
medians; each pair is measured turn by turn.
"""

import argparse
import asyncio
import os
from time import perf_counter

from api.job_list import JOBS_OF_FEATURES
from api.jobs.job import CHORES
from api.settings import Settings
from bench.tenants.installation import Installation, installation
from bench.tenants.neighbors import (
    GIBIBYTE,
    beside_an_export,
    beside_clicks,
    beside_failing_webhooks,
)
from bench.tenants.times import Comparison, request, times
from tests.support.working import Worker

PARTS = ("hundreds", "ticks", "export", "clicks", "webhooks")
PATHS = ("/partners?limit=20", "/auth/whoami", "/admin/overview")
MOST = 1.1


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--tenants", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=60, help="of each kind, a round")
    parser.add_argument("--clicks", type=int, default=500, help="a second, to the noisy brand")
    parser.add_argument("--rows", type=int, default=GIBIBYTE, help="of the noisy brand's export")
    options = parser.parse_args()
    print(f"load before: {os.getloadavg()}")
    wanted = options.only or PARTS
    comparisons: list[Comparison] = []
    async with installation(options.tenants) as many:
        if "hundreds" in wanted:
            async with installation(1) as lone:
                comparisons += await hundreds(lone, many, options)
        if "ticks" in wanted:
            await ticks(many, options.tenants)
        rounds, count = options.rounds, options.requests
        if "clicks" in wanted:
            comparisons += await beside_clicks(many, rounds, count, options.clicks)
        if "webhooks" in wanted:
            comparisons += await beside_failing_webhooks(many, rounds, count)
        if "export" in wanted:
            comparisons += await beside_an_export(many, rounds, count, options.rows)
    print(
        "\n| | alone, p50 / p95 ms | beside others | ratio | at most | met |\n|---|---|---|---|---|---|"
    )
    for comparison in comparisons:
        print(comparison.row())
    print(f"\nload after: {os.getloadavg()}")


async def hundreds(
    lone: Installation, many: Installation, options: argparse.Namespace
) -> list[Comparison]:
    """The same requests of a brand that is alone, and of one among hundreds."""
    found = []
    for path in PATHS:
        one = Comparison(f"`GET {path}` among {options.tenants} brands", MOST)
        alone, among = request(lone.brand, path), request(many.brand, path)
        for _ in range(options.rounds):
            one.alone += await times(alone, options.requests)
            one.beside += await times(among, options.requests)
        found.append(one)
    return found


async def ticks(many: Installation, tenants: int) -> None:
    """Every chore once for every brand."""
    assert JOBS_OF_FEATURES is not None
    settings = Settings.model_validate(
        {name.lower(): value for name, value in many.environment.items()}
    )
    print("\n| tick | s for all brands | failed for |\n|---|---|---|")
    total = 0.0
    async with Worker.at(settings) as worker:
        for name, chore in sorted(CHORES.items()):
            if chore.per_tenant:
                began = perf_counter()
                failed = await worker.act(name)
                took = perf_counter() - began
                total += took
                print(f"| {name} | {took:.2f} | {failed} |", flush=True)
    print(f"| all, {total / tenants * 1000:.0f} ms a brand | {total:.1f} | |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
