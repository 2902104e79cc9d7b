"""An installation of seven hosts: what runs on each, and how it goes under and comes back."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from bench.hosts.network import OURSELVES, Host
from bench.router.place import Place
from bench.router.systems import ROOT
from cli.postgres_settings import LOCAL
from cli.roles import Urls

ROUTER_PORT = 4701
API_PORT = 4601
HOOK_PORT = 4901
KEY = "an-admin-key-for-the-bench"
PROGRAMS = {"router": "router.serve", "api": "api.serve", "worker": "api.worker"}
ACCESS = "host all all 10.88.0.0/24 scram-sha-256\nlocal all all scram-sha-256\n"


@dataclass(slots=True)
class Site:
    """The database is on one of the hosts; this process itself looks at it through its socket."""

    place: Place
    hosts: dict[str, Host]
    logs: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def routers(self) -> list[Host]:
        return [host for name, host in self.hosts.items() if name.startswith("router")]

    @property
    def apis(self) -> list[Host]:
        return [host for name, host in self.hosts.items() if name.startswith("api")]

    def journal(self, host: Host) -> Path:
        return self.place.folder / f"journal-{host.number}"

    def waiting(self) -> list[Path]:
        """Journals that no database has yet."""
        return [path for one in self.routers for path in self.journal(one).glob("*.clicks")]

    def move_database(self) -> None:
        """From our own host to its own, where it listens for the others."""
        server = self.place.server
        server.stop()
        root = server.place.root
        access = root / "hosts.conf"
        access.write_text(ACCESS)
        access.chmod(0o644)
        (root / LOCAL).write_text(
            f"listen_addresses = '{self.hosts['database'].address}'\nhba_file = '{access}'\n"
        )
        self.start("database")

    def start(self, name: str) -> None:
        """Blocking, until the database answers or the process exists."""
        host = self.hosts[name]
        with host.entered(), self.logs.open("ab") as log:
            if name == "database":
                self.place.server.start()
                return
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", PROGRAMS[name.partition(" ")[0]]],
                cwd=ROOT,
                env=self._environment(host),
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """SIGKILL to all that runs there."""
        if name == "database":
            self.place.server.kill()
        else:
            self.processes[name].kill()
            self.processes[name].wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    @property
    def urls(self) -> Urls:
        """As the other hosts reach the database."""
        return Urls(*(self._over_the_network(url) for url in self._known))

    @property
    def _known(self) -> tuple[str, str, str]:
        return self.place.urls.owner, self.place.urls.app, self.place.urls.router

    def _over_the_network(self, url: str) -> str:
        there = make_url(url).set(host=self.hosts["database"].address, port=5432, query={})
        return there.render_as_string(hide_password=False)

    def _environment(self, host: Host) -> dict[str, str]:
        return os.environ | {
            "OPENPARTNER_ENV": "production",
            "DATABASE_URL_APP": self.urls.app,
            "DATABASE_URL_ROUTER": self.urls.router,
            "SECRETS_ENCRYPTION_KEY": "33" * 32,
            "ADMIN_API_KEY": KEY,
            "LOG_LEVEL": "WARNING",
            "API_HOST": host.address,
            "API_PORT": str(API_PORT),
            "ROUTER_HOST": host.address,
            "ROUTER_PORT": str(ROUTER_PORT),
            "ROUTER_IP_CAP_MAX": "1000000000",
            "ROUTER_JOURNAL_DIR": str(self.journal(host)),
            "OPENPARTNER_TENANCY": "multi" if host in self.routers else "single",
            "OPENPARTNER_RATE_LIMITS": "false",
            "OPENPARTNER_OUTBOUND_ALLOW_PRIVATE_CIDRS": f"{OURSELVES}/32",
            "OPENPARTNER_OUTBOUND_ALLOWED_PORTS": str(HOOK_PORT),
        }
