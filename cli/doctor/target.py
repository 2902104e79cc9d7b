"""What is examined: this container, or the installation in a folder, running or not."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cli import environment
from cli.database_urls import database_of, for_engine, parse
from cli.doctor.finding import Finding, fail, warn
from cli.errors import CommandError
from cli.folder_lock import FolderLock
from cli.postgres import SECRET, Postgres
from cli.project import ROOT
from cli.roles import APP, OWNER, ROUTER, Urls
from cli.secrets_file import SecretsFile

UP = "Run `make up`."


@dataclass(frozen=True, slots=True)
class Target:
    """`variables` are what our processes see; URLs are None where nothing says them."""

    variables: Mapping[str, str]
    app_url: str | None = None
    router_url: str | None = None
    privileged_url: str | None = None
    folder: Path | None = None
    is_running: bool = True
    findings: list[Finding] = field(default_factory=list)


@contextmanager
def target_of(folder: Path) -> Iterator[Target]:
    """With DATABASE_URL_APP set, our own environment; otherwise what `make up` would start here."""
    if "DATABASE_URL_APP" in os.environ or not (ROOT / "requirements").exists():
        ours = {name: value for name, value in os.environ.items() if value}
        yield Target(ours, ours.get("DATABASE_URL_APP"), ours.get("DATABASE_URL_ROUTER"))
        return
    secrets = SecretsFile(folder)
    given = os.environ.get("DATABASE_URL")
    if not given and not secrets.get(SECRET):
        missing = fail("database", f"Nothing is installed in {folder} yet.", UP)
        yield Target(os.environ, folder=folder, is_running=False, findings=[missing])
        return
    is_running = _is_held(folder)
    findings = (
        [] if is_running else [warn("processes", f"OpenPartner isn't running on {folder}.", UP)]
    )
    with _privileged(given, folder) as privileged:
        urls = _urls(privileged, secrets)
        it = environment.last_started(folder)
        variables = environment.for_api(it, urls) | environment.for_router(it, urls)
        yield Target(variables, urls.app, urls.router, privileged, folder, is_running, findings)


@contextmanager
def _privileged(given: str | None, folder: Path) -> Iterator[str]:
    """Started for the examination where it is down, and stopped again."""
    if given:
        yield given
        return
    server = Postgres(folder)
    if server.runs_elsewhere():
        yield server.url()
        return
    with server:
        yield server.url()


def _is_held(folder: Path) -> bool:
    """Whether some `openpartner up` has the folder."""
    lock = FolderLock(folder / "up.lock")
    if not lock.path.exists():
        return False
    free = lock.acquire()
    lock.release()
    return not free


def _urls(privileged: str, secrets: SecretsFile) -> Urls:
    target = parse(privileged).set(database=database_of(privileged))

    def url(role: str) -> str:
        name = role.removeprefix("openpartner_")
        given = os.environ.get(f"OPENPARTNER_{name.upper()}_DB_PASSWORD")
        password = given or secrets.get(f"{name}_password")
        if password is None:
            raise CommandError(f"No password of {role} is known here; run `openpartner migrate`.")
        return for_engine(target.set(username=role, password=password))

    return Urls(url(OWNER), url(APP), url(ROUTER))
