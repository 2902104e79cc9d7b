"""How every process reaches PostgreSQL: one engine, and sessions that are pinned to one tenant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from shared.watched import SERVER_SETTINGS, WatchedConnection

ACQUIRE_SECONDS = 5
STATEMENT_SECONDS = 30
TRY_LOCK = text("select pg_try_advisory_lock(hashtextextended(:name, 0))")
UNLOCK = text("select pg_advisory_unlock(hashtextextended(:name, 0))")
PIN = text("select set_config('app.tenant_id', :tenant, true)")


class PinnedConnection(WatchedConnection):
    """A connection whose BEGIN carries the tenant, so that pinning costs no round trip of its own."""

    opening = ""

    async def execute(
        self,
        query: str,
        *args: Any,
        timeout: float | None = None,  # noqa: ASYNC109  # the driver's own signature
    ) -> str:
        if query.startswith("BEGIN"):
            query += self.opening
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


def _remember_pin(connection: Connection) -> None:
    """Runs before SQLAlchemy sends BEGIN; `SET LOCAL` dies with the transaction, so nothing leaks."""
    options = connection.get_execution_options()
    opening = ";"
    if options.get("snapshot"):
        opening += "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
    if options.get("read_only"):
        opening += "SET TRANSACTION READ ONLY;"
    if options.get("platform"):
        opening += "SET LOCAL app.platform = 'on';"
    if (tenant := options.get("tenant")) is not None:
        # A UUID prints as hex and dashes only, so there is nothing to escape.
        opening += f"SET LOCAL app.tenant_id = '{UUID(str(tenant))}';"
    driver: PinnedConnection = connection.connection.driver_connection  # type: ignore[assignment]  # typed as the generic DBAPI
    driver.opening = opening


def _refuse_closed(driver: Any, *_: object) -> None:
    """Whatever broke while it lay in the pool is replaced before anybody's request fails over it."""
    if driver.driver_connection.is_closed():
        raise DisconnectionError


@dataclass(frozen=True, slots=True)
class Database:
    """The engine and the three ways to open a transaction on it."""

    engine: AsyncEngine

    @asynccontextmanager
    async def tenant_session(
        self, tenant_id: UUID, *, read_only: bool = False, snapshot: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """One transaction in which PostgreSQL shows and accepts only this tenant's rows.

        With `snapshot` all of its statements see the same moment.
        """
        options = {"tenant": tenant_id, "read_only": read_only, "snapshot": snapshot}
        async with self._begin(**options) as session:
            yield session

    @asynccontextmanager
    async def unpinned_session(self) -> AsyncIterator[AsyncSession]:
        """A transaction without a tenant: it sees no tenant's rows, only the crossing functions."""
        async with self._begin() as session:
            yield session

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether nobody else anywhere is in here under this name; ends with us, however we end.

        Holds a connection, but no transaction.
        """
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            alone = await connection.scalar(TRY_LOCK, {"name": name})
            try:
                yield bool(alone)
            finally:
                if alone:
                    await connection.execute(UNLOCK, {"name": name})

    @asynccontextmanager
    async def platform_session(self, tenant_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        """A transaction of the platform itself: its people, its operators, and what they do.

        With a tenant it is an operator's act on that one brand; no other brand's rows are seen.
        """
        async with self._begin(platform=True, tenant=tenant_id) as session:
            yield session

    @asynccontextmanager
    async def _begin(self, **options: Any) -> AsyncIterator[AsyncSession]:
        # begin() makes a stray commit() in a service fail loudly instead of passing unseen.
        pinned = self.engine.execution_options(**options)
        async with async_sessionmaker(pinned, expire_on_commit=False).begin() as session:
            yield session

    async def close(self) -> None:
        """Give every connection back to the server."""
        await self.engine.dispose()


async def pin(session: AsyncSession, tenant_id: UUID) -> None:
    """For a transaction that learns on its way whose it is; like any pin, it dies with it."""
    await session.execute(PIN, {"tenant": str(tenant_id)})


def open_database(
    url: str,
    *,
    pool: int = 20,
    application: str = "openpartner",
    wait_seconds: int = ACQUIRE_SECONDS,
    statement_seconds: int = STATEMENT_SECONDS,
) -> Database:
    """An engine on `url` (postgresql+asyncpg://…) that waits `wait_seconds` for a free connection."""
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=wait_seconds,
        connect_args={
            "connection_class": PinnedConnection,
            "timeout": ACQUIRE_SECONDS,
            "command_timeout": statement_seconds,
            "server_settings": {
                **SERVER_SETTINGS,
                "application_name": application,
                "timezone": "UTC",
                "idle_in_transaction_session_timeout": "60000",
                "lock_timeout": "10000",
            },
        },
    )
    event.listen(engine.sync_engine, "begin", _remember_pin)
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return Database(engine)
