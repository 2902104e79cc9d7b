"""One of our processes as the supervisor sees it: how it's started, and how it says it's ready."""

import http.client
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import IO

from cli.console import Console
from cli.errors import CommandError
from cli.processes import end_with_parent
from cli.project import ROOT

_PROBE_SECONDS = 1.0
_LAST_WORDS_SECONDS = 2.0


def answers(host: str, port: int, path: str) -> Callable[[], bool]:
    """Ready when a GET is answered with 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


class Service:
    """A command of ours in a session of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        ready: Callable[[], bool] | Path,
    ) -> None:
        self.name = name
        self.console: Console | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._command = command
        self._environment = environment
        self._ready = ready

    def launch(self) -> None:
        if isinstance(self._ready, Path):
            self._ready.unlink(missing_ok=True)
        try:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - only calls prctl.
                umask=0o077,  # Mail and journal are nobody else's business.
            )
        except OSError as error:
            raise CommandError(f"{self.name} can't be started: {error}.") from error
        self._reader = threading.Thread(target=self._read, args=[self.process.stdout], daemon=True)
        self._reader.start()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        if not self.is_running():
            return False
        return self._ready.exists() if isinstance(self._ready, Path) else self._ready()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running():
            self.process.terminate()

    def kill(self) -> None:
        """Its whole group: a child that died may have left children of its own on its port."""
        if self.process is None:
            return
        # Nobody may be left any more; macOS says so with the second.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._reader is not None:
            self._reader.join(_LAST_WORDS_SECONDS)

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                if self.console is not None:
                    self.console.line(self.name, line.decode(errors="replace").rstrip())
