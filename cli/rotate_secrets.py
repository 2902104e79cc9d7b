"""`openpartner rotate-secrets`: seals every stored secret under the newest key."""

from pathlib import Path
from typing import Annotated

import typer

from api.access.resealing import Tally, reseal_everything
from api.access.sealing import Sealer
from api.access.sealing_keys import forget_older_keys
from api.settings import Settings
from cli.errors import CommandError
from cli.installation import on_installation
from cli.project import FOLDER
from shared.database import Database


def rotate_secrets(
    folder: Annotated[Path, typer.Option(help="The installation whose secrets they are.")] = FOLDER,
) -> None:
    """Seal every stored secret under SECRETS_ENCRYPTION_KEY; safe while everything runs.

    Restart all processes with the new key and with the old one in SECRETS_ENCRYPTION_KEYS_OLD
    before, so that nothing is sealed under the old one any more. Can be stopped and run again. Once
    it says that nothing is left, the old key can go.
    """
    tally = on_installation(folder.resolve(), _rotate, name="openpartner-rotate")
    print(f"Sealed anew under the newest key: {tally.resealed}.")
    if tally.unreadable:
        raise CommandError(
            f"{tally.unreadable} secrets can be opened with none of the keys given; add the key that"
            " sealed them to SECRETS_ENCRYPTION_KEYS_OLD and run this again."
        )
    print("Nothing is left under an older key.")


async def _rotate(database: Database, settings: Settings) -> Tally:
    sealer = Sealer.of(settings)
    tally = await reseal_everything(database, sealer)
    if not tally.unreadable:
        await forget_older_keys(database, sealer)
    return tally
