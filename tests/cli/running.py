"""A command of ours in a process of its own: what it says, whom it started, how it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.processes import is_alive, parents
from cli.project import ROOT

# A net for what hangs; nothing is measured by it.
PATIENCE = 60.0


def bare_environment(**more: str) -> dict[str, str]:
    """Ours without what would lead a command to another database or port."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | more


class Running:
    """`with Running(command) as it:` and nothing of it is left at the end, whatever the test did."""

    def __init__(self, command: Sequence[str | Path], **environment: str) -> None:
        self.output = ""
        self._said = threading.Condition()
        self._ended = False
        self._seen: set[int] = set()
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=bare_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @classmethod
    def module(cls, name: str, *arguments: object, **environment: str) -> Self:
        return cls([sys.executable, "-m", name, *map(str, arguments)], **environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.family()
        self.process.kill()
        self.process.wait()
        for pid in self._seen:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        self._reader.join()

    def wait_for(self, text: str, *, times: int = 1) -> None:
        """Until it has said this (so many times)."""
        with self._said:
            said = self._said.wait_for(
                lambda: self._ended or self.output.count(text) >= times, PATIENCE
            )
        assert said, f"never said {text!r}:\n{self.output}"
        assert self.output.count(text) >= times, f"ended without {text!r}:\n{self.output}"

    def end(self, number: signal.Signals | None = None) -> int:
        """Sends a signal, if any, and waits for the exit code."""
        self.family()
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self._reader.join()
        return code

    def family(self) -> set[int]:
        """All its descendants; remembered, so that orphans can be found later."""
        known = {self.process.pid}
        while grown := {pid for pid, parent in parents().items() if parent in known} - known:
            known |= grown
        self._seen |= known - {self.process.pid}
        return set(self._seen)

    def left_over(self) -> set[int]:
        return {pid for pid in self._seen if is_alive(pid)}

    def wait_until_gone(self) -> None:
        """For who was killed and couldn't wait for them itself."""
        deadline = time.monotonic() + PATIENCE
        while self.left_over():
            assert time.monotonic() < deadline, f"still there: {self.left_over()}"
            time.sleep(0.05)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._said:
                    self.output += line
                    self._said.notify_all()
        with self._said:
            self._ended = True
            self._said.notify_all()
