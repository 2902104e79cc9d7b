"""`python -m router.serve`: read settings, refuse what is wrong in one line, serve until SIGTERM."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from router.main import Router, create_router
from router.postgres import TooStrongError
from router.ranges import RangesError
from router.settings import Settings, SettingsError, read_settings
from router.shared_figures import folder_of, forget
from router.shortcut import ShortcutProtocol
from router.workers import LIFELINE, LISTENER, READY, Workers
from shared.logs import configure_logs

log = structlog.get_logger("router")

DRAIN_SECONDS = 20
KEEP_ALIVE_SECONDS = 30
BACKLOG = 4096


class Server(uvicorn.Server):
    """uvicorn, which tells the parent, if there is one, when visitors are answered."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if READY in os.environ:
            os.write(int(os.environ[READY]), b"1")
            os.close(int(os.environ[READY]))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: on its own it would send them to itself again at the end."""
        yield


def main() -> int:
    """Exit code 1, and one line, for whatever an operator has to set right."""
    try:
        settings = read_settings(os.environ)
        configure_logs(settings.log_level, "router")
        # It warns of every request that isn't HTTP, so that any stranger could fill the disk.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        with inherited() or listen(settings) as listener:
            if settings.workers > 1 and LISTENER not in os.environ:
                figures = folder_of(settings.journal_dir, os.getpid())
                # In a container every parent has the same number.
                forget(figures)
                try:
                    return Workers(listener, settings.workers).run()
                finally:
                    forget(figures)
            new_loop = uvicorn.Config("", log_config=None).get_loop_factory()
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(serve(settings, listener))
    except (SettingsError, TooStrongError, PortError, RangesError) as error:
        print(error, file=sys.stderr)  # noqa: T201  # for a person, not for a log collector
        return 1
    return 0


class PortError(Exception):
    """The address to listen on can't be had."""


def listen(settings: Settings) -> socket.socket:
    """The port is taken before anything else, so that a second router ends at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise PortError(
            f"The router can't listen on {where}: {os.strerror(error.errno or 0)}."
        ) from error


def inherited() -> socket.socket | None:
    """The socket that a parent listens on, when this is one worker of several."""
    given = os.environ.get(LISTENER)
    return socket.socket(fileno=int(given)) if given else None


def create_server(router: Router) -> Server:
    """uvicorn without what the router does itself or doesn't need."""
    config = uvicorn.Config(
        router.app,
        http=ShortcutProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        # X-Forwarded-For is ours to read, from the right, and from trusted proxies only.
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return Server(config)


async def serve(settings: Settings, listener: socket.socket) -> None:
    """Until a signal: requests that were taken are answered and their clicks flushed."""
    router = create_router(settings, os.getppid() if LISTENER in os.environ else None)
    server = create_server(router)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if LIFELINE in os.environ:
        # It never carries a byte; that it ends means that the parent is gone.
        loop.add_reader(int(os.environ[LIFELINE]), stop.set)
    following = router.start()
    try:
        if await first(following, router.links.loaded.wait(), stop.wait()) == 1:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            # What lives until now lives for ever: the collector needn't look at it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            host, port = listener.getsockname()[:2]
            log.info("listening", host=host, port=port, links=len(router.links.directory))
            await first(following, serving, stop.wait())
            server.should_exit = True
            await serving
    finally:
        await router.close()


async def first(*waited: Awaitable[object]) -> int:
    """Which of them is done first; an exception in it is raised here."""
    tasks = [asyncio.ensure_future(one) for one in waited]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    ended = next(task for task in tasks if task in done)
    ended.result()
    return tasks.index(ended)


if __name__ == "__main__":
    sys.exit(main())
