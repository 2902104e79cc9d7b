"""`openpartner up`: PostgreSQL, roles, tables, API, worker and router, until Ctrl-C."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from cli import environment
from cli.console import Console
from cli.database import prepare
from cli.environment import Installation
from cli.errors import CommandError
from cli.folder_lock import FolderLock
from cli.ports import check_free
from cli.postgres import Postgres
from cli.project import FOLDER, make_folder, unwritable
from cli.roles import Urls
from cli.service import Service, answers
from cli.signals import Stopped, StopSignals
from cli.supervisor import Supervisor
from cli.welcome import welcome

Services = Callable[[Installation, Urls], Sequence[Service]]


def our_services(it: Installation, urls: Urls) -> Sequence[Service]:
    """The three processes of OpenPartner."""
    python = (sys.executable, "-m")
    ready_file = it.folder / environment.READY_FILE
    return (
        Service(
            "api",
            [*python, "api.serve"],
            environment.for_api(it, urls),
            ready=answers(it.api_host, it.api_port, "/ready"),
        ),
        Service(
            "worker",
            [*python, "api.worker"],
            environment.for_worker(it, urls),
            ready=ready_file,
        ),
        Service(
            "router",
            [*python, "router.serve"],
            environment.for_router(it, urls),
            ready=answers(it.router_host, it.router_port, "/health"),
        ),
    )


def up(
    folder: Annotated[
        Path, typer.Option(help="Where everything of this installation is.")
    ] = FOLDER,
    api_port: Annotated[int | None, typer.Option(help="Instead of API_PORT (4601).")] = None,
    router_port: Annotated[int | None, typer.Option(help="Instead of ROUTER_PORT (4701).")] = None,
    postgres_port: Annotated[
        int | None, typer.Option(help="Lets the embedded PostgreSQL listen on 127.0.0.1 too.")
    ] = None,
) -> None:
    """Start OpenPartner here: its own PostgreSQL (or DATABASE_URL), API, worker and router."""
    it = Installation(
        folder.resolve(),
        api_port or environment.port("API_PORT", environment.API_PORT),
        router_port or environment.port("ROUTER_PORT", environment.ROUTER_PORT),
    )
    serve(it, our_services, postgres_port=postgres_port)


def serve(it: Installation, services: Services, *, postgres_port: int | None = None) -> None:
    """Runs until a signal; whatever happens, nothing is left running afterwards."""
    console = Console(["up", "api", "worker", "router"])
    with StopSignals() as stop, ExitStack() as stack:
        supervisor = Supervisor(console, stop)
        try:
            _claim(it, stack)
            urls = _prepare_database(it, supervisor, stack, postgres_port)
            stop.interrupting = False
            ours = services(it, urls)
            for service in ours:
                service.console = console
            supervisor.run(ours, lambda: console.plain(welcome(it)))
        except Stopped:
            pass
        finally:
            stop.interrupting = False
            if stop.asked:
                console.line("up", "stopping")
            supervisor.stop()


def _claim(it: Installation, stack: ExitStack) -> None:
    """The folder and the ports, before anything is made or started."""
    if it.api_port == it.router_port:
        raise CommandError(f"API and router can't share port {it.api_port}; set ROUTER_PORT.")
    make_folder(it.folder)
    lock = FolderLock(it.folder / "up.lock")
    try:
        free = lock.acquire()
    except OSError as error:
        raise unwritable(it.folder, error) from error
    if not free:
        raise CommandError(f"OpenPartner is running on {it.folder} already; stop that one first.")
    stack.callback(lock.release)
    check_free(it.api_port, "API_PORT")
    check_free(it.router_port, "ROUTER_PORT")
    # Both hold what only we should read: sign-in links, and clicks on their way.
    (it.folder / environment.MAIL_FILE).touch(mode=0o600)
    (it.folder / "journal").mkdir(mode=0o700, exist_ok=True)
    environment.note_ports(it)


def _prepare_database(
    it: Installation, supervisor: Supervisor, stack: ExitStack, tcp_port: int | None
) -> Urls:
    if given := os.environ.get("DATABASE_URL"):
        return asyncio.run(prepare(given, it.folder))
    server = Postgres(it.folder, tcp_port=tcp_port)
    if server.place.elsewhere:
        print(f"{it.folder} is open to root alone, so PostgreSQL's data is in {server.place.data}.")
    if not server.place.data.exists():
        # On its own line at once, also through a pipe: nothing else is said for a while.
        print(f"Making a PostgreSQL of its own in {server.place.data} …", flush=True)
    stack.callback(server.stop)
    server.start()
    supervisor.adopt(server)
    return asyncio.run(prepare(server.url(), it.folder))
