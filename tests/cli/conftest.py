"""A scratch folder and a PostgreSQL server for the tests of the command line."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.postgres import Postgres


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Short, as a socket's path may be; open to passers-by, as a project's folder usually is."""
    made = Path(tempfile.mkdtemp(prefix="op-cli-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.fixture
def postgres(folder: Path) -> Iterator[Postgres]:
    server = Postgres(folder, fsync=False)
    yield server
    server.destroy()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One running server for a whole file of tests."""
    with scratch_folder() as made:
        running = Postgres(made, fsync=False)
        running.start()
        yield running
        running.destroy()
