"""`python -m bench.hosts`: every host of an installation is cut off, then loses power, all under load.

Needs root, for network namespaces; makes its own and leaves nothing behind.
"""

import argparse
import asyncio
import os
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from bench.hosts.merchants import Merchants
from bench.hosts.network import INSIDE, NAMES, OURSELVES, go_inside, make_hosts
from bench.hosts.reckoning import reckon, wrong_in_ledger
from bench.hosts.site import API_PORT, HOOK_PORT, KEY, ROUTER_PORT, Site
from bench.loss.reckoning import compare
from bench.loss.visitors import Visitors
from bench.router.place import LINKS, place
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.support.brand import Brand
from tests.support.conversions import promotion, visit
from tests.support.databases import Scratch

LOAD_SECONDS = 2
SILENCE_SECONDS = 13
"""Longer than anybody waits for a connection that has fallen silent."""
DARK_SECONDS = 3
PATIENCE = 3.0
"""Of a visitor, or of the balancer in front of routers."""
RECOVERY_SECONDS = 120
START_SECONDS = 300
COLUMNS = (
    "host", "fault", "redirects", "not 302", "turned away", "slowest s", "sales", "503", "odd",
    "slowest s", "recovered in s", "clicks missing", "extra", "sales missing", "doubled", "untold",
)  # fmt: skip


async def cut_off(site: Site, name: str) -> None:
    """Its programs go on, and hear nothing of anybody."""
    host = site.hosts[name]
    host.fall_silent()
    await asyncio.sleep(SILENCE_SECONDS)
    host.speak_again()


async def lose_power(site: Site, name: str) -> None:
    """Nobody is told, and all that was in its memory is gone."""
    host = site.hosts[name]
    host.fall_silent()
    site.kill(name)
    await asyncio.sleep(DARK_SECONDS)
    host.speak_again()
    # Blocks our own loop for a moment: which host a program starts on is decided by its thread.
    site.start(name)


FAULTS = {"cut off": cut_off, "lost power": lose_power}


@dataclass(slots=True)
class Bench:
    """The site, and all that was ever answered."""

    site: Site
    merchants: Merchants
    options: argparse.Namespace
    given: list[bytes] = field(default_factory=list)

    async def go_through(self) -> bool:
        """Whether all is there once, and nobody was turned away."""
        print("| " + " | ".join(COLUMNS) + " |")
        print("|" + "---|" * len(COLUMNS))
        good = True
        for fault in self.options.fault or FAULTS:
            for name in self.options.host or self.site.hosts:
                good &= await self.suffer(name, fault)
        return good

    async def suffer(self, name: str, fault: str) -> bool:
        addresses = [(host.address, ROUTER_PORT) for host in self.site.routers]
        visitors = Visitors(addresses, self.options.visitors, LINKS, PATIENCE)
        merchants = self.merchants
        before = len(merchants.acknowledged), merchants.unavailable, len(merchants.odd)
        merchants.slowest = 0.0
        visitors.start(self.options.rate)
        merchants.start()
        await asyncio.sleep(LOAD_SECONDS)
        await FAULTS[fault](self.site, name)
        ended = time.monotonic()
        await asyncio.sleep(LOAD_SECONDS)
        await visitors.stop()
        async with asyncio.timeout(RECOVERY_SECONDS):
            await merchants.stop()
        self.given += visitors.given
        took = await self.recovered(ended)
        missing, extra = await compare(self.site.place, self.given)
        found = await reckon(self.site.place, merchants)
        odd = len(merchants.odd) - before[2]
        row = (
            name, fault, f"{len(visitors.given):,}", visitors.refused, visitors.turned_away,
            f"{visitors.slowest:.2f}", len(merchants.acknowledged) - before[0],
            merchants.unavailable - before[1], odd, f"{merchants.slowest:.1f}", f"{took:.1f}",
            missing, extra, found.missing, found.doubled, found.untold,
        )  # fmt: skip
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        lost = missing, found.missing, found.doubled, found.untold
        return not any((visitors.refused, visitors.turned_away, odd, *lost))

    async def untold(self) -> int:
        return (await reckon(self.site.place, self.merchants)).untold

    async def recovered(self, since: float) -> float:
        """Until every host answers again, no journal waits, and all commissions have been told of."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RECOVERY_SECONDS):
                await all_answer(self.site)
                while self.site.waiting():  # noqa: ASYNC110  # other processes empty the folders
                    await asyncio.sleep(0.1)
                while await self.untold():  # noqa: ASYNC110  # workers set no event of ours
                    await asyncio.sleep(0.2)
        return time.monotonic() - since


async def all_answer(site: Site) -> None:
    """Routers and APIs, each at its own address."""
    urls = [f"http://{host.address}:{ROUTER_PORT}/ready" for host in site.routers]
    urls += [f"http://{host.address}:{API_PORT}/ready" for host in site.apis]
    async with httpx2.AsyncClient(timeout=2) as client:
        for url in urls:
            while True:
                with suppress(httpx2.TransportError):
                    answer = await client.get(url)
                    if answer.status_code == 200 and answer.json().get("listening", True):
                        break
                await asyncio.sleep(0.1)


async def prepare(site: Site, merchants: int) -> None:
    """Customers who came through a partner's link, and whoever wants to hear of commissions."""
    api = f"http://{site.apis[0].address}:{API_PORT}"
    async with httpx2.AsyncClient(base_url=api, timeout=30) as client:
        known = Scratch(site.place.urls, site.place.superuser)
        brand = Brand(client, known, DEFAULT_TENANT_ID, "default", KEY)
        url = f"http://{OURSELVES}:{HOOK_PORT}/"
        await brand.made("/webhooks", {"url": url, "events": ["commission.accrued"]})
        link = await promotion(brand)
        for number in range(merchants):
            await visit(brand, link, f"customer-{number}")


async def main(options: argparse.Namespace) -> int:
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(place(core=None))
        site = Site(where, make_hosts(), options.logs)
        stack.callback(site.stop)
        merchants = Merchants(site, options.merchants)
        listening = await merchants.listen(OURSELVES)
        stack.callback(listening.close)
        site.move_database()
        for name in NAMES:
            if name != "database":
                site.start(name)
        async with asyncio.timeout(START_SECONDS):
            await all_answer(site)
        await prepare(site, options.merchants)
        bench = Bench(site, merchants, options)
        good = await bench.go_through()
        wrong = await wrong_in_ledger(site.place)
        crefs, deliveries = len(bench.given), sum(merchants.heard.values())
        print(
            f"\n{crefs:,} redirects, {len(merchants.acknowledged):,} sales, {deliveries:,} webhooks"
            f" in {time.monotonic() - started:,.0f} s; crefs given twice:"
            f" {crefs - len(set(bench.given))}; wrong in the ledger: {wrong}"
        )
        for odd in merchants.odd[:5]:
            print(odd)
        return int(not good or bool(wrong) or crefs != len(set(bench.given)))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=100, help="redirects a second")
    parser.add_argument("--visitors", type=int, default=16)
    parser.add_argument("--merchants", type=int, default=4)
    parser.add_argument("--logs", type=Path, default=Path(os.devnull), help="where programs log")
    parser.add_argument("--host", action="append", choices=NAMES)
    parser.add_argument("--fault", action="append", choices=FAULTS)
    return parser.parse_args()


if __name__ == "__main__":
    wanted = read_options()
    if INSIDE not in os.environ:
        sys.exit(go_inside("bench.hosts"))
    try:
        sys.exit(asyncio.run(main(wanted)))
    except KeyboardInterrupt:
        sys.exit(130)  # As a shell says it; everything has been tidied up by now.
