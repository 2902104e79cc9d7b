"""`openpartner rotate-secrets`: seals every stored secret under the newest key."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.access.resealing import Tally, reseal_everything
from api.access.sealing import Sealer
from api.access.sealing_keys import forget_older_keys
from api.settings import Settings
from cli.database import prepare, privileged_url
from cli.errors import CommandError
from cli.project import FOLDER
from cli.secrets_file import SecretsFile
from shared.database import open_database


def rotate_secrets(
    folder: Annotated[Path, typer.Option(help="The installation whose secrets they are.")] = FOLDER,
) -> None:
    """Seal every stored secret under SECRETS_ENCRYPTION_KEY; safe while everything runs.

    Restart all processes with the new key and with the old one in SECRETS_ENCRYPTION_KEYS_OLD
    before, so that nothing is sealed under the old one any more. Can be stopped and run again. Once
    it says that nothing is left, the old key can go.
    """
    if app := os.environ.get("DATABASE_URL_APP"):
        tally = asyncio.run(_rotate(_settings(app, folder.resolve())))
    else:
        with privileged_url(folder.resolve()) as url:
            tally = asyncio.run(_prepare_and_rotate(url, folder.resolve()))
    print(f"Sealed anew under the newest key: {tally.resealed}.")
    if tally.unreadable:
        raise CommandError(
            f"{tally.unreadable} secrets can be opened with none of the keys given; add the key that"
            " sealed them to SECRETS_ENCRYPTION_KEYS_OLD and run this again."
        )
    print("Nothing is left under an older key.")


async def _prepare_and_rotate(privileged: str, folder: Path) -> Tally:
    urls = await prepare(privileged, folder)
    return await _rotate(_settings(urls.app, folder))


async def _rotate(settings: Settings) -> Tally:
    database = open_database(
        settings.database_url_app.get_secret_value(), pool=2, application="openpartner-rotate"
    )
    try:
        sealer = Sealer.of(settings)
        tally = await reseal_everything(database, sealer)
        if not tally.unreadable:
            await forget_older_keys(database, sealer)
        return tally
    finally:
        await database.close()


def _settings(app_url: str, folder: Path) -> Settings:
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
