"""A running OpenPartner, as `make up` starts it, on scratch ports and a scratch folder."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.demo.place import free_ports
from cli.project import ROOT
from tests.cli.running import Running


@dataclass(frozen=True, slots=True)
class Up:
    """Where it is, and its environment for other commands."""

    folder: Path
    api_port: int
    router_port: int

    @property
    def api(self) -> str:
        return f"http://localhost:{self.api_port}"

    @property
    def router(self) -> str:
        return f"http://localhost:{self.router_port}"

    @property
    def mail(self) -> Path:
        return self.folder / "mail.txt"

    @property
    def environment(self) -> dict[str, str]:
        return {"API_PORT": str(self.api_port), "ROUTER_PORT": str(self.router_port)}


@contextmanager
def running() -> Iterator[Up]:
    """Nothing is installed in it yet."""
    folder = Path(tempfile.mkdtemp(prefix="op-up-"))
    folder.chmod(0o711)
    up = Up(folder, *free_ports())
    command: list[str | Path] = [ROOT / "openpartner", "up", "--folder", folder]
    try:
        with Running(command, **up.environment) as process:
            process.wait_for("OpenPartner is running")
            yield up
            assert process.end(signal.SIGTERM) == 0
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with running() as it:
        yield it
