"""`python -m bench.router.memory`: what a million links cost, with and without destinations of their own."""

import gc
import resource
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

from router.directory import Directory

LINKS = 1_000_000


def main(kind: str) -> None:
    """Each kind in a process of its own, so that one doesn't reuse the other's memory."""
    own = kind == "own"
    directory = Directory()
    gc.collect()
    before, started = resident(), time.monotonic()
    for number in range(LINKS):
        directory.put(
            {
                "tenant_id": UUID(int=1),
                "slug": "bench",
                "link_key": f"k{number:08x}",
                "link_id": UUID(int=number + 10),
                "partner_id": UUID(int=2 + number % 10_000),
                "campaign_id": UUID(int=3 + number % 50),
                "destination_url": f"https://shop.example/products/{number}?ref=a",
                "is_override": own,
                "campaign_url": "https://shop.example/welcome",
                "deep_link_allowed_domains": ["shop.example"],
                "revoked": False,
                "active": True,
            }
        )
    gc.collect()
    used = resident() - before
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{kind:8} {used / LINKS:.0f} bytes per link; {most:.0f} MiB for the process;"
        f" {time.monotonic() - started:.1f} s to build"
    )


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1])
    else:
        for each in ("campaign", "own"):
            subprocess.run([sys.executable, "-m", "bench.router.memory", each], check=True)
