"""`up` with stand-ins for API, worker and router: `python -m tests.cli.stand_in FOLDER API ROUTER`.

A stand-in prints its environment's names and its pid, and answers every GET with 200.
STAND_IN_STUBBORN makes the worker deaf to SIGTERM; STAND_IN_BROKEN ends the API at once.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cli import environment
from cli.environment import Installation
from cli.errors import CommandError
from cli.roles import Urls
from cli.service import Service, answers
from cli.up import serve


class Answer(BaseHTTPRequestHandler):
    """200, and nothing said about it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def services(it: Installation, urls: Urls) -> Sequence[Service]:
    this = [sys.executable, "-m", "tests.cli.stand_in", "serve"]
    ready = it.folder / environment.READY_FILE
    return (
        Service(
            "api",
            [*this, "api", str(it.api_port)],
            environment.for_api(it, urls),
            ready=answers(it.api_host, it.api_port, "/ready"),
        ),
        Service("worker", [*this, "worker"], environment.for_worker(it, urls), ready=ready),
        Service(
            "router",
            [*this, "router", str(it.router_port)],
            environment.for_router(it, urls),
            ready=answers(it.router_host, it.router_port, "/health"),
        ),
    )


def act(name: str, *rest: str) -> None:
    sys.stdout.write(f"pid {os.getpid()}\nsees {' '.join(sorted(os.environ))}\n")
    if name == "api" and "STAND_IN_BROKEN" in os.environ:
        sys.exit("the API is broken")
    if rest:
        HTTPServer(("127.0.0.1", int(rest[0])), Answer).serve_forever()
    if "STAND_IN_STUBBORN" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(os.environ["OPENPARTNER_READY_FILE"]).touch()
    threading.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        act(*sys.argv[2:])
    try:
        serve(Installation(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])), services)
    except CommandError as error:
        sys.exit(f"openpartner: {error}")
