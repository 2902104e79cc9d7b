"""`openpartner migrate`: makes the roles and brings the tables up to date."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.database import prepare, privileged_url
from cli.migrate import migrate as migrate_tables
from cli.project import FOLDER


def migrate(
    folder: Annotated[Path, typer.Option(help="The installation whose database it is.")] = FOLDER,
) -> None:
    """Make the roles and bring the tables up to date; several at once are safe.

    With DATABASE_URL_OWNER set, only the tables, as that user: for servers whose roles somebody
    else has made. Otherwise on DATABASE_URL, or on our own PostgreSQL.
    """
    if owner := os.environ.get("DATABASE_URL_OWNER"):
        asyncio.run(migrate_tables(owner))
    else:
        with privileged_url(folder.resolve()) as url:
            asyncio.run(prepare(url, folder.resolve()))
    print("The database is up to date.")
