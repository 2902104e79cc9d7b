"""The environment: what `.env` adds to ours, and what each of our processes gets to see of it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from cli.errors import CommandError
from cli.project import ROOT
from cli.roles import Urls
from cli.secrets_file import SecretsFile

API_PORT = 4601
ROUTER_PORT = 4701
READY_FILE = "worker.ready"
MAIL_FILE = "mail.txt"
PORTS_FILE = "ports.json"
_LARGEST_PORT = 65535
# What opens the database wider than a serving process may: none of them is told.
_OURS_ALONE = {
    "DATABASE_URL",
    "DATABASE_URL_OWNER",
    "OPENPARTNER_OWNER_DB_PASSWORD",
    "OPENPARTNER_APP_DB_PASSWORD",
    "OPENPARTNER_ROUTER_DB_PASSWORD",
}


@dataclass(frozen=True)
class Installation:
    """One OpenPartner on this machine: its folder and its two ports."""

    folder: Path
    api_port: int
    router_port: int

    @property
    def api_host(self) -> str:
        return _reached("API_HOST")

    @property
    def router_host(self) -> str:
        return _reached("ROUTER_HOST")

    @property
    def api(self) -> str:
        return f"http://localhost:{self.api_port}"

    @property
    def router(self) -> str:
        return f"http://localhost:{self.router_port}"


def load_env_file(path: Path = ROOT / ".env") -> None:
    """Adds what `.env` sets and our environment doesn't; an empty value sets nothing."""
    for name, value in dotenv_values(path, interpolate=False).items():
        if value:
            os.environ.setdefault(name, value)


def port(name: str, default: int) -> int:
    """A port from the environment."""
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or not 1 <= int(given) <= _LARGEST_PORT:
        raise CommandError(f"{name} is {given!r}; set it to a number from 1 to {_LARGEST_PORT}.")
    return int(given)


def last_started(folder: Path) -> Installation:
    """The installation as it was last started, since its ports may have been named on the command line."""
    try:
        found = json.loads((folder / PORTS_FILE).read_text())
        return Installation(folder, int(found["api"]), int(found["router"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Installation(folder, port("API_PORT", API_PORT), port("ROUTER_PORT", ROUTER_PORT))


def note_ports(it: Installation) -> None:
    """For whoever examines this folder, or plays on it, while it runs."""
    (it.folder / PORTS_FILE).write_text(json.dumps({"api": it.api_port, "router": it.router_port}))


def _reached(name: str) -> str:
    """Where we reach on this machine what listens on that variable's address."""
    listens = os.environ.get(name) or "127.0.0.1"
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listens, listens)  # noqa: S104 - only read.


def for_api(it: Installation, urls: Urls) -> dict[str, str]:
    return _shared(it) | {"DATABASE_URL_APP": urls.app}


def for_worker(it: Installation, urls: Urls) -> dict[str, str]:
    return for_api(it, urls) | {"OPENPARTNER_READY_FILE": str(it.folder / READY_FILE)}


def for_router(it: Installation, urls: Urls) -> dict[str, str]:
    return _shared(it) | {"DATABASE_URL_ROUTER": urls.router}


def _shared(it: Installation) -> dict[str, str]:
    """Ours without its secrets, over defaults that make a local installation work."""
    given = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE and value}
    defaults = {
        "API_URL": it.api,
        "PORTAL_URL": it.api,
        "ROUTER_URL": it.router,
        "OPENPARTNER_ENV": "development",
        "MAIL_CONSOLE_FILE": str(it.folder / MAIL_FILE),
        "ROUTER_JOURNAL_DIR": str(it.folder / "journal"),
    }
    if "SECRETS_ENCRYPTION_KEY" not in given:
        secret = SecretsFile(it.folder).get_or_create("secrets_encryption_key")
        defaults["SECRETS_ENCRYPTION_KEY"] = secret
    ports = {"API_PORT": str(it.api_port), "ROUTER_PORT": str(it.router_port)}
    return defaults | given | ports | {"PYTHONUNBUFFERED": "1"}
