"""One PostgreSQL for a test run, and fresh databases on it, migrated once and copied."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url

from cli.postgres import Postgres
from cli.roles import Passwords, Urls, make_roles

ROOT = Path(__file__).resolve().parents[2]
PASSWORDS = Passwords("owner-secret", "app-secret", "router-secret")
TEMPLATE = "openpartner_template"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A migrated database of its own: what each role connects with, and the superuser's address."""

    urls: Urls
    superuser: str

    async def connect(self) -> asyncpg.Connection:
        """As the superuser, who sees every tenant: for looking at what was really stored."""
        return await asyncpg.connect(self.superuser)


class Databases:
    """Makes databases from a template; the server goes with the test run."""

    def __init__(self, folder: Path) -> None:
        self.server = Postgres(folder, fsync=False)
        self.migrated = False

    async def fresh(self) -> Scratch:
        """A new database at the newest migration."""
        if not self.migrated:
            urls = await make_roles(self.server.url(), TEMPLATE, PASSWORDS)
            migrate(urls.owner)
            self.migrated = True
        name = f"t_{uuid4().hex[:12]}"
        admin = await asyncpg.connect(self.server.url())
        try:
            await admin.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
        finally:
            await admin.close()
        urls = await make_roles(self.server.url(), name, PASSWORDS)
        superuser = make_url(self.server.url()).set(database=name)
        return Scratch(urls, superuser.render_as_string(hide_password=False))


def migrate(owner_url: str, target: str = "head", direction: str = "upgrade") -> None:
    """Alembic as an operator runs it, in a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "alembic", direction, target],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL_OWNER": owner_url},
        check=True,
        capture_output=True,
    )
