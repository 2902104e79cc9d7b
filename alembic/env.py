"""Runs migrations as the owner role; the URL comes from the environment, the tables from shared.models."""

import asyncio
from os import environ
from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import shared.models.all  # noqa: F401  # registers every table
from shared.models.base import Model


def is_ours(_: Any, name: str | None, kind: str, reflected: bool, __: Any) -> bool:
    """Monthly partitions of clicks come and go with the calendar; the parent stands for them."""
    return not (kind == "table" and reflected and (name or "").startswith("clicks_"))


def default_differs(*compared: Any) -> bool | None:
    """Alembic compares defaults by value, and the pinned tenant's is null while nothing is pinned."""
    found, wanted = str(compared[3] or ""), str(compared[5] or "")
    return False if "app.tenant_id" in found and "app.tenant_id" in wanted else None


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        include_object=is_ours,
        compare_server_default=default_differs,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    # Months of clicks begin at midnight UTC, whatever the server's own time zone is.
    engine = create_async_engine(
        environ["DATABASE_URL_OWNER"], connect_args={"server_settings": {"timezone": "UTC"}}
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
