"""Routers that are writing clicks: what they have not committed yet, nobody can count."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

WRITING = text("""
    select l.virtualtransaction from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.relation = 'clicks'::regclass and l.mode = 'RowExclusiveLock'
        and l.database = (select oid from pg_database where datname = current_database())
        and a.usename = 'openpartner_router'
""")
LOOK_SECONDS = 0.02
LOOKS = 100


async def all_committed(session: AsyncSession) -> bool:
    """Whether every router that was writing a moment ago has ended that transaction by now.

    They commit within milliseconds; one that a hanging disk or a lost host holds up may not, and
    its clicks say that they came earlier than anybody can see them.
    """
    under_way = set(await session.scalars(WRITING))
    for _ in range(LOOKS):
        if not under_way:
            return True
        await asyncio.sleep(LOOK_SECONDS)
        under_way &= set(await session.scalars(WRITING))
    return not under_way
