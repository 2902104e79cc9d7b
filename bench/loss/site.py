"""A router as a process, which can be killed, beside a database that can be killed too."""

import subprocess
import sys
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
    router: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start_router(self) -> None:
        given = environment(self.place) | {"ROUTER_JOURNAL_DIR": str(self.journal)}
        self.router = subprocess.Popen([sys.executable, "-m", "router.serve"], cwd=ROOT, env=given)
        self.starts += 1
        wait_until_it_answers()

    def kill_router(self) -> None:
        assert self.router is not None
        self.router.kill()
        self.router.wait()

    def stop_router(self) -> None:
        if self.router is not None and self.router.poll() is None:
            self.router.terminate()
            self.router.wait(30)

    def waiting(self) -> list[Path]:
        return sorted(self.journal.glob("*.clicks"))


__all__ = ["PORT", "Site"]
