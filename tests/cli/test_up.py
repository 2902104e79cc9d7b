"""`openpartner up`: everything runs, comes back when it dies, and is gone when it's stopped."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.postgres import Postgres
from cli.processes import is_alive
from tests.cli.conftest import scratch_folder
from tests.cli.old_server import old_server
from tests.cli.running import Running
from tests.support.ports import free_port

RUNS = "OpenPartner is running"
Start = Callable[..., Running]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One installation that most tests start, as a first start takes its time."""
    with scratch_folder() as made:
        yield made


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts `up` with stand-ins."""
    with ExitStack() as stack:

        def up(where: Path = home, api: int | None = None, **environment: str) -> Running:
            ports = (api or free_port(), free_port())
            running = Running.module("tests.cli.stand_in", where, *ports, **environment)
            return stack.enter_context(running)

        yield up


def pid_of(up: Running, name: str) -> int:
    """Of its newest life."""
    return int(re.findall(rf"{name} +\| pid (\d+)", up.output)[-1])


def test_everything_runs_and_sigterm_leaves_nothing(start: Start) -> None:
    up = start()
    up.wait_for(RUNS)
    assert len(up.family()) > 4
    assert up.end(signal.SIGTERM) == 0
    assert up.left_over() == set()


def test_ctrl_c_is_no_failure(start: Start) -> None:
    up = start()
    up.wait_for(RUNS)
    assert up.end(signal.SIGINT) == 0
    assert up.left_over() == set()


@pytest.mark.parametrize("name", ["api", "worker", "router"])
def test_a_child_that_is_killed_is_started_again(start: Start, name: str) -> None:
    up = start()
    up.wait_for(RUNS)
    os.kill(pid_of(up, name), signal.SIGKILL)
    up.wait_for(f"{name} ended by SIGKILL; again in 0.5 s")
    up.wait_for(f"{name} is back")
    os.kill(pid_of(up, name), signal.SIGKILL)
    up.wait_for(f"{name} ended by SIGKILL; again in 1 s")
    up.wait_for(f"{name} is back", times=2)
    assert up.end(signal.SIGTERM) == 0
    assert up.left_over() == set()


def test_postgresql_that_is_killed_is_started_again(start: Start, home: Path) -> None:
    up = start()
    up.wait_for(RUNS)
    os.kill(int((home / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    up.wait_for("postgres ended by SIGKILL")
    up.wait_for("postgres is back")
    assert up.end(signal.SIGTERM) == 0
    assert up.left_over() == set()


def test_a_killed_supervisor_takes_everything_with_it(start: Start) -> None:
    up = start()
    up.wait_for(RUNS)
    up.end(signal.SIGKILL)
    up.wait_until_gone()
    start().wait_for(RUNS)


def test_a_child_that_will_not_stop_is_killed_by_a_second_signal(start: Start) -> None:
    up = start(STAND_IN_STUBBORN="1")
    up.wait_for(RUNS)
    up.family()
    up.process.send_signal(signal.SIGTERM)
    up.wait_for("stopping")
    assert up.end(signal.SIGTERM) == 0
    assert "killing worker" in up.output
    assert up.left_over() == set()


def test_a_child_that_cannot_start_ends_it_all(start: Start) -> None:
    up = start(STAND_IN_BROKEN="1")
    assert up.end() == 1
    assert "api    | the API is broken" in up.output
    assert "openpartner: api ended with exit code 1 before it was ready." in up.output
    assert up.left_over() == set()


def test_a_signal_during_the_preparations_leaves_nothing(start: Start, folder: Path) -> None:
    up = start(folder)
    up.wait_for("migrated")
    assert up.end(signal.SIGTERM) == 0
    assert up.left_over() == set()
    assert not (folder / "postgres/postmaster.pid").exists()


def test_a_second_one_on_the_same_folder_is_refused(start: Start) -> None:
    start().wait_for(RUNS)
    refused(start(), "is running on", "stop that one first")


def test_a_port_in_use_is_named(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(start(api=port), f"Port {port} is in use", "API_PORT")


def test_a_folder_that_cannot_be_written_is_named(start: Start, folder: Path) -> None:
    (folder / "file").touch()
    refused(start(folder / "file" / "below"), "can't be written", "--folder")


def test_a_server_that_is_not_there_is_named(start: Start) -> None:
    url = f"postgres://me:hunter2@127.0.0.1:{free_port()}/db"
    up = start(DATABASE_URL=url)
    refused(up, "can't be reached", "DATABASE_URL")
    assert "hunter2" not in up.output


async def test_a_server_that_is_too_old_is_named(start: Start) -> None:
    async with old_server("14.9") as url:
        up = start(DATABASE_URL=url)
        await asyncio.to_thread(refused, up, "PostgreSQL is 14", "15 or newer")


def test_another_server_takes_the_place_of_our_own(
    start: Start, folder: Path, server: Postgres
) -> None:
    url = server.url("brought").replace("postgresql:", "postgres:", 1)
    up = start(folder, DATABASE_URL=url)
    up.wait_for(RUNS)
    assert not (folder / "postgres").exists()
    assert up.end(signal.SIGTERM) == 0
    assert server.is_ready()


def test_serving_processes_do_not_see_what_opens_the_database_wider(start: Start) -> None:
    up = start(
        OPENPARTNER_OWNER_DB_PASSWORD="owner",
        OPENPARTNER_APP_DB_PASSWORD="app",
        ADMIN_API_KEY="passed on",
    )
    up.wait_for(RUNS)
    seen = {name: set(line.split()) for name, line in re.findall(r"(\w+) +\| sees (.*)", up.output)}
    for name in ("api", "worker", "router"):
        assert "ADMIN_API_KEY" in seen[name]
        assert not {"DATABASE_URL", "DATABASE_URL_OWNER"} & seen[name]
        assert not any(variable.endswith("_DB_PASSWORD") for variable in seen[name])
    assert "DATABASE_URL_APP" in seen["api"] & seen["worker"]
    assert "DATABASE_URL_APP" not in seen["router"]
    assert "DATABASE_URL_ROUTER" in seen["router"]


def test_a_second_start_finds_what_the_first_one_made(start: Start, folder: Path) -> None:
    up = start(folder)
    up.wait_for(RUNS)
    assert "migrated" in up.output
    up.end(signal.SIGTERM)
    secrets = (folder / "secrets.json").read_text()
    again = start(folder)
    again.wait_for(RUNS)
    assert "migrated" not in again.output
    assert (folder / "secrets.json").read_text() == secrets


def refused(up: Running, *words: str) -> None:
    """One line, exit code 1, and nothing that goes on living."""
    assert up.end() == 1
    assert len(up.output.splitlines()) == 1, up.output
    for word in words:
        assert word in up.output
    assert not any(map(is_alive, up.family()))
