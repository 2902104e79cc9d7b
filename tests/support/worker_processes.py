"""Real worker processes, started fast enough to be killed often: each is `api.worker` in a fork."""

import asyncio
import multiprocessing
import os
import signal
from dataclasses import dataclass, field
from ipaddress import ip_network
from multiprocessing.process import BaseProcess

from api.settings import Settings

FORKS = multiprocessing.get_context("forkserver")
# Imported once; a fork of it is a process like any other.
FORKS.set_forkserver_preload(["api.worker"])
LOOPBACK = ip_network("127.0.0.0/8")


def environment(settings: Settings) -> dict[str, str]:
    """The variables that say the same as these settings, where they differ from the defaults."""
    said = {}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if hasattr(value, "get_secret_value"):
            value = value.get_secret_value()
        if isinstance(value, tuple):
            value = ",".join(str(part) for part in value)
        said[name.upper()] = str(value)
    return said


def run_worker(variables: dict[str, str]) -> None:
    """What `python -m api.worker` does."""
    from api.worker import main  # noqa: PLC0415  # after the fork, as a fresh process would

    os.environ.update(variables)
    main()


@dataclass(slots=True)
class WorkerProcesses:
    """Some workers on one database; `kill` one and start another."""

    settings: Settings
    living: list[BaseProcess] = field(default_factory=list)

    def start(self, count: int = 1, **changes: str) -> None:
        for _ in range(count):
            variables = {**environment(self.settings), **changes}
            process = FORKS.Process(target=run_worker, args=(variables,), daemon=True)
            process.start()
            self.living.append(process)

    def kill(self) -> None:
        """The oldest, as a machine that loses power would."""
        self._end(self.living.pop(0), signal.SIGKILL)

    async def terminate(self) -> int | None:
        """The oldest, asked politely; its exit code. Receivers of this process go on answering."""
        process = self.living.pop(0)
        await asyncio.to_thread(self._end, process, signal.SIGTERM)
        return process.exitcode

    def end(self) -> None:
        while self.living:
            self.kill()

    @staticmethod
    def _end(process: BaseProcess, number: int) -> None:
        assert process.pid is not None
        os.kill(process.pid, number)
        process.join(timeout=60)
