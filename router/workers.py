"""Several processes on one port: kept alive, reloaded one by one on SIGHUP, ended on SIGTERM.

They share the listening socket itself, so that a connection waits for whoever is there, and none is
refused while one process gives way to the next.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import structlog

log = structlog.get_logger("router.workers")

LISTENER = "ROUTER_LISTENER_FD"
READY = "ROUTER_READY_FD"
LIFELINE = "ROUTER_LIFELINE_FD"
LOOK_SECONDS = 0.2
SOONEST_SECONDS = 1.0
"""A worker that dies is replaced, but not in a loop that burns a core."""


@dataclass(slots=True)
class Worker:
    """One process, and when it began."""

    process: subprocess.Popen[bytes]
    since: float


class Workers:
    """The parent: it opens no connection and answers no request."""

    def __init__(self, listener: socket.socket, number: int) -> None:
        self._listener = listener
        self._number = number
        # Workers hold the one end, and see it close when this process dies, however it does.
        self._lifeline, self._own_end = os.pipe()
        self._workers: list[Worker] = []
        self._ending = False
        self._reloading = False

    def run(self) -> int:
        """Until a signal. A first start that fails ends everything, with the worker's own words."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "_ending", True))
        signal.signal(signal.SIGHUP, lambda *_: setattr(self, "_reloading", True))
        try:
            for _ in range(self._number):
                worker = self._start()
                if worker is None:
                    return 1
                self._workers.append(worker)
            while not self._ending:
                self._look()
                time.sleep(LOOK_SECONDS)
        finally:
            self._end(self._workers)
        return 0

    def _start(self) -> Worker | None:
        """A worker that answers, or None if it ended before it did."""
        reader, writer = os.pipe()
        files = {LISTENER: self._listener.fileno(), READY: writer, LIFELINE: self._lifeline}
        process = subprocess.Popen(  # this very program
            [sys.executable, "-m", "router.serve"],
            env=os.environ | {name: str(file) for name, file in files.items()},
            pass_fds=tuple(files.values()),
            # A Ctrl-C in a terminal reaches the parent alone, which then asks each in turn.
            start_new_session=True,
        )
        os.close(writer)
        worker = Worker(process, time.monotonic())
        try:
            # Empty when the other end closes without a word, which is how a process that died does.
            answers = self._wait_for(reader)
        finally:
            os.close(reader)
        if not answers:
            self._end([worker])
            return None
        return worker

    def _wait_for(self, reader: int) -> bool:
        os.set_blocking(reader, False)
        while not self._ending:
            with suppress(BlockingIOError):
                return os.read(reader, 1) != b""
            time.sleep(LOOK_SECONDS / 10)
        return False

    def _look(self) -> None:
        for i, worker in enumerate(self._workers):
            died = worker.process.poll()
            if died is not None and time.monotonic() - worker.since > SOONEST_SECONDS:
                log.error("a worker died and is replaced", exit_code=died)
                self._workers[i] = self._start() or worker
                self._workers[i].since = time.monotonic()
        if self._reloading:
            self._reloading = False
            self._reload()

    def _reload(self) -> None:
        """The next one answers before the last one stops listening."""
        for i, old in enumerate(self._workers):
            new = self._start()
            if new is None:
                log.error("the reload stopped: a new worker doesn't start, the old ones go on")
                return
            self._workers[i] = new
            self._end([old])
        log.info("reloaded", workers=len(self._workers))

    @staticmethod
    def _end(workers: list[Worker]) -> None:
        for worker in workers:
            if worker.process.poll() is None:
                worker.process.terminate()
        for worker in workers:
            worker.process.wait()
