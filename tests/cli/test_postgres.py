"""Our own PostgreSQL: starts, survives, refuses, and leaves nothing open behind it."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from cli import processes
from cli.errors import CommandError
from cli.postgres import Postgres
from cli.project import ROOT


async def ask(url: str, query: str) -> object:
    there = await asyncpg.connect(url)
    try:
        return await there.fetchval(query)
    finally:
        await there.close()


async def run(url: str, query: str) -> None:
    await ask(url, query)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_starts_and_answers_its_superuser(postgres: Postgres) -> None:
    postgres.start()
    assert str(await ask(postgres.url(), "show server_version")).startswith("18.")


async def test_data_survives_a_restart(postgres: Postgres) -> None:
    postgres.start()
    await run(postgres.url(), "create table kept as select 7 as figure")
    postgres.stop()
    postgres.start()
    assert await ask(postgres.url(), "select figure from kept") == 7


async def test_a_commit_survives_a_crash(postgres: Postgres) -> None:
    postgres.start()
    await run(postgres.url(), "create table kept as select 7 as figure")
    postgres.kill()
    postgres.start()
    assert await ask(postgres.url(), "select figure from kept") == 7


async def test_a_wrong_password_is_refused_even_to_local_users(postgres: Postgres) -> None:
    postgres.start()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url(), password="guessed")


async def test_it_listens_on_its_socket_alone(postgres: Postgres) -> None:
    postgres.start()
    assert await ask(postgres.url(), "show listen_addresses") == ""


async def test_data_and_socket_are_open_to_nobody_else(postgres: Postgres) -> None:
    postgres.start()
    assert mode(postgres.place.data) == 0o700
    assert mode(postgres.place.socket) == 0o700
    assert mode(postgres.folder / "secrets.json") == 0o600


async def test_checksums_and_durability_are_on(folder: Path) -> None:
    server = Postgres(folder)
    server.start()
    try:
        for setting in ("data_checksums", "fsync", "full_page_writes", "synchronous_commit"):
            assert await ask(server.url(), f"show {setting}") == "on", setting
    finally:
        server.destroy()


async def test_case_is_known_beyond_ascii(postgres: Postgres) -> None:
    postgres.start()
    assert await ask(postgres.url(), "select lower('ÉCLAIR ÅSA')") == "éclair åsa"


def test_data_of_another_major_version_is_refused(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    version = postgres.place.data / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(CommandError, match="was made by PostgreSQL 15, and ours is"):
        postgres.start()
    version.write_text("18\n")
    postgres.start()


def test_a_folder_that_is_no_data_folder_is_refused(postgres: Postgres) -> None:
    postgres.place.data.mkdir()
    with pytest.raises(CommandError, match="isn't a PostgreSQL data folder"):
        postgres.start()


def test_a_second_server_on_the_same_folder_is_refused(postgres: Postgres) -> None:
    postgres.start()
    second = Postgres(postgres.folder)
    assert second.runs_elsewhere()
    with pytest.raises(CommandError, match="of another process is running"):
        second.start()


async def test_a_second_object_finds_the_running_server(postgres: Postgres) -> None:
    postgres.start()
    assert await ask(Postgres(postgres.folder).url(), "select 1") == 1


def test_data_without_its_secrets_is_refused(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.folder / "secrets.json").unlink()
    with pytest.raises(CommandError, match="lacks the password"):
        postgres.start()


def test_a_first_start_that_was_broken_off_does_not_stand_in_the_way(postgres: Postgres) -> None:
    half_made = postgres.place.root / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert not half_made.exists()


def test_a_pid_file_that_names_a_stranger_does_not_stand_in_the_way(postgres: Postgres) -> None:
    postgres.start()
    pid_file = postgres.place.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.kill()
    # As after a reboot: the pid is alive, and somebody else's.
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    postgres.start()
    assert postgres.is_ready()


def test_a_server_whose_starter_was_killed_gives_way(postgres: Postgres) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", _STARTER, str(postgres.folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    with starter:
        assert starter.stdout is not None
        orphan = int(starter.stdout.readline())
        starter.send_signal(signal.SIGKILL)
    postgres.start()
    assert postgres.is_ready()
    assert not processes.is_alive(orphan)


_STARTER = """
import sys, time, pathlib
from cli.postgres import Postgres
server = Postgres(pathlib.Path(sys.argv[1]), fsync=False)
server.start()
print(server.process.pid, flush=True)
time.sleep(1000)
"""


async def test_a_path_too_long_for_a_socket_gets_a_short_private_one(folder: Path) -> None:
    server = Postgres(folder / ("long" * 25), fsync=False)
    server.folder.chmod(0o711)
    server.start()
    try:
        assert await ask(server.url(), "select 1") == 1
        assert len(str(server.place.socket)) < 60
        assert mode(server.place.socket) == 0o700
    finally:
        server.destroy()


async def test_a_project_that_others_cannot_enter_stays_closed(folder: Path) -> None:
    """For root this means that the data goes elsewhere; for anybody else, that it may stay."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = Postgres(closed / "project", fsync=False)
    server.start()
    try:
        assert await ask(server.url(), "select 1") == 1
        assert mode(closed) == 0o700
        assert server.place.elsewhere == (os.geteuid() == 0)
        again = Postgres(closed / "project")
        assert again.place.data == server.place.data
    finally:
        server.destroy()
    assert not server.place.data.exists()


def test_a_server_that_cannot_start_says_why(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.place.root / "local.conf").write_text("shared_buffers = 'a lot'\n")
    with pytest.raises(CommandError, match=r"did not start: .*shared_buffers"):
        postgres.start()


async def test_an_operators_own_settings_win(postgres: Postgres) -> None:
    (postgres.place.root / "local.conf").write_text("work_mem = '3MB'\n")
    postgres.start()
    assert await ask(postgres.url(), "show work_mem") == "3MB"
