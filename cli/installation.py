"""Runs an operator's task on an installation's database, as the role that serves requests."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from api.settings import Settings
from cli.database import prepare, privileged_url
from cli.errors import CommandError
from cli.secrets_file import SecretsFile
from shared.database import Database, open_database

T = TypeVar("T")
Task = Callable[[Database, Settings], Awaitable[T]]


def on_installation(folder: Path, task: Task[T], *, name: str = "openpartner-operator") -> T:
    """DATABASE_URL_APP as it is; or DATABASE_URL or our own PostgreSQL, brought up to date first.

    `name` is what PostgreSQL shows of its connections.
    """
    if app := os.environ.get("DATABASE_URL_APP"):
        return asyncio.run(_run(settings_of(app, folder), task, name))
    with privileged_url(folder) as url:
        return asyncio.run(_prepare_and_run(url, folder, task, name))


async def _prepare_and_run(privileged: str, folder: Path, task: Task[T], name: str) -> T:
    urls = await prepare(privileged, folder)
    return await _run(settings_of(urls.app, folder), task, name)


async def _run(settings: Settings, task: Task[T], name: str) -> T:
    url = settings.database_url_app.get_secret_value()
    database = open_database(url, pool=5, application=name)
    try:
        return await task(database, settings)
    finally:
        await database.close()


def settings_of(app_url: str, folder: Path) -> Settings:
    """What the environment says, with the installation's own key where it names none."""
    given = {"database_url_app": app_url}
    if not os.environ.get("SECRETS_ENCRYPTION_KEY"):
        given["secrets_encryption_key"] = SecretsFile(folder).get_or_create(
            "secrets_encryption_key"
        )
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise CommandError(f"the environment doesn't fit: {wrong}") from error
