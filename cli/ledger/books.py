"""Opens each tenant's books for reading: one snapshot at a time, as the app's own restricted role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cli.doctor.target import Target
from cli.errors import CommandError
from shared.database import Database, open_database
from shared.ids import read_id

HOUR = 3600
SEES_THROUGH = text("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")


@dataclass(frozen=True, slots=True)
class Books:
    """The books of these tenants; nothing in them can be changed through this."""

    database: Database
    tenants: tuple[UUID, ...]

    @asynccontextmanager
    async def of(self, tenant: UUID) -> AsyncIterator[AsyncSession]:
        """All that is read in here is of one moment."""
        async with self.database.tenant_session(tenant, read_only=True, snapshot=True) as session:
            yield session


@asynccontextmanager
async def open_books(target: Target, tenant: str | None) -> AsyncIterator[Books]:
    """Those of every tenant, or of one by its id or slug.

    A role that sees through the walls would add up all tenants as one, so it is refused.
    """
    if target.app_url is None:
        raise CommandError("there is no database to read; say which with DATABASE_URL_APP.")
    database = open_database(
        target.app_url, pool=1, application="openpartner-ledger", statement_seconds=HOUR
    )
    try:
        yield Books(database, await _tenants(database, tenant))
    finally:
        await database.close()


async def _tenants(database: Database, wanted: str | None) -> tuple[UUID, ...]:
    async with database.unpinned_session() as session:
        if await session.scalar(SEES_THROUGH):
            raise CommandError("this role sees through row security; use the app's own.")
        if wanted is None:
            return tuple(await session.scalars(text("select every_tenant()")))
        if (known := read_id(wanted)) is not None:
            every = set(await session.scalars(text("select every_tenant()")))
            # Nobody's books are in order, too; who mistyped an id must not read that as good news.
            if known in every:
                return (known,)
            raise CommandError(f"there is no workspace {wanted}.")
        found = await session.scalar(text("select id from tenant_by_slug(:slug)"), {"slug": wanted})
    if found is None:
        raise CommandError(f"there is no workspace {wanted!r}.")
    return (found,)
