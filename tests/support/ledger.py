"""The books of a brand, as a test reads them, and what its own code does with money that no route does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

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
