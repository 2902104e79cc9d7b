"""Where the demo plays: on the OpenPartner that runs here, or on one that it starts for itself."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import IO

import httpx2
from dotenv import dotenv_values

from cli import environment
from cli.demo.mailbox import Mailbox
from cli.errors import CommandError
from cli.project import ROOT

ADMIN = "demo-admin@example.com"
STARTED = "OpenPartner is running"
STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Place:
    """An OpenPartner that answers, and the file in which its mail arrives."""

    api: str
    mailbox: Mailbox
    is_installed: bool


@contextmanager
def find_place(folder: Path, *, scratch: bool) -> Iterator[Place]:
    """What runs on `folder` if it is ours to play with: not set up yet, or set up by a demo."""
    running = None if scratch else _running(folder)
    if running is not None and running.is_installed and not running.mailbox.letters(ADMIN):
        print(f"{running.api} is somebody's already, so this plays beside it.")
        running = None
    if running is not None:
        print(f"Playing on {running.api}, which runs here.")
        yield running
        return
    with _own() as own:
        yield own


def _running(folder: Path) -> Place | None:
    it = environment.last_started(folder)
    mail = Path(os.environ.get("MAIL_CONSOLE_FILE") or folder / environment.MAIL_FILE)
    if not mail.exists():
        return None  # Whatever answers on this port, we could not read its mail.
    return _place(it.api, mail)


def _place(api: str, mail: Path) -> Place | None:
    try:
        answer = httpx2.get(f"{api}/api/install/status", timeout=5)
        needs_setup = answer.json()["needsSetup"]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return None
    return Place(api, Mailbox(mail), is_installed=not needs_setup)


@contextmanager
def _own() -> Iterator[Place]:
    """A whole installation for as long as the demo takes; nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix="openpartner-demo-"))
    # PostgreSQL runs as somebody else when we are root.
    folder.chmod(0o711)
    api_port, router_port = free_ports()
    print(f"Starting an OpenPartner of its own in {folder} …")
    words = ["up", "--folder", str(folder)]
    words += ["--api-port", str(api_port), "--router-port", str(router_port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101  # asked for above
    reader: threading.Thread | None = None
    try:
        reader = _wait_until_started(process.stdout)
        own = _place(f"http://localhost:{api_port}", folder / environment.MAIL_FILE)
        if own is None:
            raise CommandError("The OpenPartner that was started for the demo does not answer.")
        yield own
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
        if reader is not None:
            reader.join()
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_started(output: IO[bytes]) -> threading.Thread:
    """Then goes on reading, or the processes would stand still with nobody to listen."""
    said = []
    for line in output:
        said.append(line.decode(errors="replace"))
        if STARTED in said[-1]:
            reader = threading.Thread(target=output.read, daemon=True)
            reader.start()
            return reader
    raise CommandError(f"The demo's own OpenPartner did not start:\n{''.join(said[-10:])}")


def _environment() -> dict[str, str]:
    """Ours with every setting of OpenPartner's emptied, so that nothing leads to real data."""
    names = set(dotenv_values(ROOT / ".env.example", interpolate=False))
    names |= set(dotenv_values(ROOT / ".env", interpolate=False))
    return {**os.environ, **dict.fromkeys(names, "")}


def free_ports() -> tuple[int, int]:
    """Below those that the system gives to clients, one of which might take ours a moment later."""
    found: set[int] = set()
    while len(found) < 2:  # noqa: PLR2004  # the API's and the router's
        port = randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.add(port)
    one, other = found
    return one, other
