"""The systems that are compared, each started on core 0 and stopped again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.router.place import Place

PORT = int(os.environ.get("BENCH_PORT", "4790"))
PEERS = Path(__file__).with_name("peers.mjs")
ROOT = Path(__file__).resolve().parents[2]
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 302 https://shop.example/welcome?a=1; }} }} }}
"""

SYSTEMS = {
    "nginx `return 302`": None,
    "ours": ["-m", "router.serve"],
    "ours, recording nothing": ["-m", "bench.router.variants", "none"],
    "ours, answering first": ["-m", "bench.router.variants", "forget"],
    "ours, one INSERT per click": ["-m", "bench.router.variants", "each"],
    "look-ups and INSERT first": ["-m", "bench.router.variants", "peers"],
    "the same on Node": ["node"],
}


@contextmanager
def running(name: str, place: Place, core: str = "0") -> Iterator[subprocess.Popen[bytes]]:
    """Ready to answer on PORT."""
    arguments = SYSTEMS[name]
    if arguments is None:
        config = place.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=place.folder, port=PORT))
        command = ["nginx", "-c", str(config), "-e", str(place.folder / "nginx.log")]
    elif arguments == ["node"]:
        command = ["node", str(node_program(place))]
    else:
        command = [sys.executable, *arguments]
    process = subprocess.Popen(["taskset", "-c", core, *command], cwd=ROOT, env=environment(place))
    try:
        wait_until_it_answers()
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def node_program(place: Place) -> Path:
    """Express, knex and pg, fetched once per run; beside them, so that Node finds them."""
    program = place.folder / PEERS.name
    if not program.exists():
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", str(place.folder), "express", "knex", "pg"],
            check=True,
        )
        program.write_text(PEERS.read_text())
    return program


def environment(place: Place) -> dict[str, str]:
    """As in production, except that all visitors come from one address."""
    return os.environ | {
        "DATABASE_URL_ROUTER": place.urls.router,
        "SECRETS_ENCRYPTION_KEY": "33" * 32,
        "OPENPARTNER_TENANCY": "multi",
        "ROUTER_PORT": str(PORT),
        "ROUTER_IP_CAP_MAX": "1000000000",
        "ROUTER_JOURNAL_DIR": str(place.folder / "journal"),
        "LOG_LEVEL": "WARNING",
        # For the stand-ins of peers, whose routers read all tables.
        "BENCH_SUPERUSER": place.superuser,
    }


def wait_until_it_answers(path: str = "/r/bench/key1", port: int = PORT) -> None:
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return
        except URLError as error:
            # A redirect to shop.example can't be followed from here, which is answer enough.
            if "refused" not in str(error.reason):
                return
        except ConnectionError:
            """Whoever was killed before it had us in its queue."""
        time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")
