"""What became of everything that was promised: clicks, sales, commissions, news, and the ledger."""

from dataclasses import dataclass

import asyncpg

from api.features.proofs.service import Proof, prove
from bench.hosts.merchants import Merchants
from bench.router.place import Place
from shared.database import open_database
from shared.models.tenant import DEFAULT_TENANT_ID

SALES = """
    select e.external_id, e.id::text as event,
        (select count(*) from commissions c where c.tenant_id = e.tenant_id and c.event_id = e.id)
            as commissions
    from events e
"""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """All of these are to be nought."""

    missing: int
    """Sales that were acknowledged and aren't there."""
    doubled: int
    """Sales that are there more than once, or earned other than one commission."""
    untold: int
    """Sales whose commission no merchant has heard of."""


async def reckon(place: Place, merchants: Merchants) -> Reckoning:
    connection = await asyncpg.connect(place.superuser)
    try:
        sales = await connection.fetch(SALES)
    finally:
        await connection.close()
    known = {sale["external_id"] for sale in sales}
    return Reckoning(
        missing=len(merchants.acknowledged - known),
        doubled=len(sales) - len(known) + sum(sale["commissions"] != 1 for sale in sales),
        untold=sum(sale["event"] not in merchants.heard for sale in sales),
    )


async def wrong_in_ledger(place: Place) -> int:
    """Findings of the whole proof."""
    database = open_database(place.urls.app, pool=1, statement_seconds=600)
    try:
        async with database.tenant_session(
            DEFAULT_TENANT_ID, read_only=True, snapshot=True
        ) as session:
            return len([finding async for finding in prove(session, Proof())])
    finally:
        await database.close()
