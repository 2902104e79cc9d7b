"""The books of a brand, as a test reads them, and what its own code does with money that no route does."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.proofs.finding import Finding
from api.features.proofs.invariants import INVARIANTS, broken
from api.features.proofs.service import Proof, by_invariant, prove
from shared.database import open_database
from tests.support.brand import Brand

ACCOUNTS = ("pending", "available", "held", "in_transit", "paid", "expense")


@asynccontextmanager
async def session_of(brand: Brand) -> AsyncIterator[AsyncSession]:
    """A transaction of the brand's, as features get it; committed at the end."""
    database = open_database(brand.scratch.urls.app, pool=1)
    try:
        async with database.tenant_session(brand.tenant_id) as session:
            yield session
    finally:
        await database.close()


async def books(brand: Brand, currency: str = "USD") -> dict[str, int]:
    """What stands in each account, all partners together; accounts with nothing are left out."""
    rows = await brand.fetch(
        "select account, sum(amount_minor)::bigint as amount from ledger_postings"
        " where tenant_id = $1 and currency = $2 group by 1",
        brand.tenant_id, currency,
    )  # fmt: skip
    return {row["account"]: row["amount"] for row in rows if row["amount"]}


async def entries(brand: Brand) -> list[Any]:
    """Every entry, in the order of its seals."""
    return await brand.fetch(
        "select e.*, s.seq, s.hash, s.prev_hash from ledger_entries e"
        " join ledger_seals s on s.tenant_id = e.tenant_id and s.entry_id = e.id"
        " where e.tenant_id = $1 order by s.seq",
        brand.tenant_id,
    )


async def wrongs(brand: Brand, expected: str | None = None) -> list[str]:
    """Everything that the whole proof and the invariants find wrong with a brand's books."""
    database = open_database(brand.scratch.urls.app, pool=1)
    try:
        async with database.tenant_session(
            brand.tenant_id, read_only=True, snapshot=True
        ) as session:
            return await _found(session, expected)
    finally:
        await database.close()


async def _found(session: AsyncSession, expected: str | None) -> list[str]:
    found: list[Finding] = [finding async for finding in prove(session, Proof(), expected)]
    for invariant in INVARIANTS:
        found += [finding async for finding in broken(session, invariant)]
    return [str(finding) for finding in found]


async def wrongs_after(brand: Brand, *statements: str, expected: str | None = None) -> list[str]:
    """What is found once somebody who rules the database has done this; undone again afterwards."""
    async with tampered(brand, statements) as session:
        return await _found(session, expected)


async def broken_after(brand: Brand, *statements: str) -> set[int]:
    """The numbers of the invariants that such a deed breaks; undone again afterwards."""
    async with tampered(brand, statements) as session:
        found = await by_invariant(session, 1)
    return {number for number, findings in found.items() if findings}


@asynccontextmanager
async def tampered(brand: Brand, statements: Sequence[str]) -> AsyncIterator[AsyncSession]:
    """`:tenant` is the brand. Every guard is off meanwhile, and nothing is committed."""
    address = brand.scratch.superuser.replace("postgresql://", "postgresql+asyncpg://")
    database = open_database(address, pool=1)
    try:
        async with database.engine.connect() as connection, AsyncSession(connection) as session:
            await session.execute(text("set local session_replication_role = replica"))
            for statement in statements:
                asked = text(statement)
                values = {"tenant": brand.tenant_id} if ":tenant" in statement else {}
                done = await session.execute(asked, values)
                assert isinstance(done, CursorResult)
                assert done.rowcount, statement
            await session.execute(text("set local role openpartner_app"))
            pin = text("select set_config('app.tenant_id', :tenant, true)")
            await session.execute(pin, {"tenant": str(brand.tenant_id)})
            yield session
    finally:
        await database.close()


async def tamper(brand: Brand, statement: str) -> None:
    """As somebody who rules the database, and switches every guard off; $1 is the tenant."""
    connection = await brand.scratch.connect()
    try:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(statement, brand.tenant_id)
    finally:
        await connection.close()
