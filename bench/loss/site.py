"""A router as a process, which can be killed, beside a database that can be killed too."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.router.place import Place
from bench.router.systems import PORT, environment, wait_until_it_answers

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Site:
    """The journal is not on the database's disk, so that filling one leaves the other alone."""

    place: Place
    journal: Path
    workers: int = 1
    router: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start_router(self) -> None:
        given = environment(self.place) | {
            "ROUTER_JOURNAL_DIR": str(self.journal),
            "ROUTER_WORKERS": str(self.workers),
        }
        self.router = subprocess.Popen([sys.executable, "-m", "router.serve"], cwd=ROOT, env=given)
        self.starts += 1
        wait_until_it_answers()
        if self.router.poll() is not None:
            raise SystemExit("the router has ended, and somebody else answers on its port")

    def kill_router(self) -> None:
        """Its workers too: on their own they would end in good order."""
        assert self.router is not None
        for pid in (self.router.pid, *children(self.router.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.router.wait()

    def stop_router(self) -> None:
        if self.router is not None and self.router.poll() is None:
            self.router.terminate()
            self.router.wait(30)

    def waiting(self) -> list[Path]:
        return sorted(self.journal.glob("*.clicks"))


def children(pid: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], check=False, capture_output=True
    )
    return [int(found) for found in listing.stdout.split()]


__all__ = ["PORT", "Site", "children"]
