"""Keeps a set of processes running: starts them, restarts who dies, and stops them in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cli.console import Console
from cli.errors import CommandError
from cli.signals import StopSignals

NAME = "up"
GRACE_SECONDS = 30.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
# Who stood this long didn't die of how it was started, so its next restart is quick again.
STEADY_SECONDS = 30.0
IMPATIENT_SECONDS = 20.0
_TICK = 0.05


class Supervised(Protocol):
    """What can be kept running; `Service` and `Postgres` both can."""

    name: str
    process: subprocess.Popen[bytes] | None

    def launch(self) -> None: ...
    def is_running(self) -> bool: ...
    def is_ready(self) -> bool: ...
    def ask_to_stop(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class _Watch:
    """What the supervisor remembers about one of them."""

    it: Supervised
    ready_since: float | None = None
    start_at: float | None = None
    pause: float = FIRST_PAUSE


class Supervisor:
    """Single-threaded and polled: slow enough to be idle, quick enough for a restart."""

    def __init__(self, console: Console, stop: StopSignals) -> None:
        self._console = console
        self._stop = stop
        self._ground: list[_Watch] = []
        self._services: list[_Watch] = []

    def adopt(self, it: Supervised) -> None:
        """Watches what the services stand on: started and ready already, and stopped last."""
        self._ground.append(_Watch(it, ready_since=time.monotonic()))

    def run(self, services: Sequence[Supervised], started: Callable[[], None]) -> None:
        """Starts all, says when all are ready, and keeps them so until a signal comes."""
        for service in services:
            self._services.append(_Watch(service))
            service.launch()
        self._wait_until_ready()
        if not self._stop.asked:
            started()
        while not self._stop.asked:
            for watch in self._ground + self._services:
                self._look_after(watch)
            time.sleep(_TICK)

    def stop(self) -> None:
        """Services get a while to finish what they are at; what they stand on then gets longer."""
        self._end([watch.it for watch in self._services], GRACE_SECONDS)
        self._end([watch.it for watch in self._ground], None)

    def _wait_until_ready(self) -> None:
        began = said = time.monotonic()
        while waiting := [watch for watch in self._services if watch.ready_since is None]:
            if self._stop.asked:
                return
            for watch in self._ground:
                self._look_after(watch)
            for watch in waiting:
                if watch.it.is_ready():
                    watch.ready_since = time.monotonic()
                elif not watch.it.is_running():
                    # What fails the first time fails the second; the reason is on the screen.
                    how = _ending(watch.it)
                    raise CommandError(f"{watch.it.name} ended {how} before it was ready.")
            if time.monotonic() - said > IMPATIENT_SECONDS:
                said = time.monotonic()
                names = ", ".join(watch.it.name for watch in waiting)
                self._say(f"still waiting for {names} after {said - began:.0f} s")
            time.sleep(_TICK)

    def _look_after(self, watch: _Watch) -> None:
        now = time.monotonic()
        if watch.start_at is not None:
            if now >= watch.start_at:
                self._start_again(watch)
        elif not watch.it.is_running():
            if watch.ready_since is not None and now - watch.ready_since > STEADY_SECONDS:
                watch.pause = FIRST_PAUSE
            self._say(f"{watch.it.name} ended {_ending(watch.it)}; again in {watch.pause:g} s")
            watch.it.kill()
            watch.ready_since, watch.start_at = None, now + watch.pause
            watch.pause = min(watch.pause * 2, LONGEST_PAUSE)
        elif watch.ready_since is None and watch.it.is_ready():
            watch.ready_since = now
            self._say(f"{watch.it.name} is back")

    def _start_again(self, watch: _Watch) -> None:
        try:
            watch.it.launch()
            watch.start_at = None
        except CommandError as error:
            self._say(f"{error} Again in {watch.pause:g} s.")
            watch.start_at = time.monotonic() + watch.pause
            watch.pause = min(watch.pause * 2, LONGEST_PAUSE)

    def _end(self, group: list[Supervised], grace: float | None) -> None:
        for it in group:
            it.ask_to_stop()
        deadline = None if grace is None else time.monotonic() + grace
        while running := [it for it in group if it.is_running()]:
            if self._stop.urgent or (deadline is not None and time.monotonic() > deadline):
                self._say(f"killing {', '.join(it.name for it in running)}")
                break
            time.sleep(_TICK)
        for it in group:
            it.kill()  # It, or the children that it left behind.

    def _say(self, text: str) -> None:
        self._console.line(NAME, text)


def _ending(it: Supervised) -> str:
    code = None if it.process is None else it.process.poll()
    if code is None:
        return "without a trace"
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
