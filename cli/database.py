"""Finds the database for a command: the one that DATABASE_URL names, or our own PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.database_urls import database_of
from cli.migrate import migrate
from cli.postgres import Postgres
from cli.roles import Passwords, Urls, make_roles


@contextmanager
def privileged_url(folder: Path) -> Iterator[str]:
    """DATABASE_URL; or our own server's, which is started for as long as needed if it's down."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    server = Postgres(folder)
    if server.runs_elsewhere():
        yield server.url()
        return
    with server:
        yield server.url()


async def prepare(privileged: str, folder: Path) -> Urls:
    """Roles, database and tables, made or brought up to date."""
    urls = await make_roles(privileged, database_of(privileged), Passwords.of(folder))
    await migrate(urls.owner)
    return urls
