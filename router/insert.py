"""The one statement that stores clicks, and what to do when a row of it will never be taken."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog

log = structlog.get_logger("router.insert")

# Without a conflict target, so that the role needs no right to read what it writes. A replay meets
# its own key (tenant, id, ts) and changes nothing.
INSERT = """
insert into clicks (tenant_id, id, ts, link_id, partner_id, campaign_id, landing_url, ip_hash,
    user_agent, referer, flag, utm, signals, flag_version)
select tenant_id, id, timestamptz 'epoch' + ms * interval '1 millisecond', link_id, partner_id,
    campaign_id, landing_url, ip_hash, user_agent, referer, flag, utm::jsonb, signals::jsonb,
    flag_version
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::smallint[])
    as click (tenant_id, id, ms, link_id, partner_id, campaign_id, landing_url, ip_hash,
    user_agent, referer, flag, utm, signals, flag_version)
on conflict do nothing
"""

# About the row itself; all other errors are about the server, which may think better of it later.
Poison = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)

Click = tuple[Any, ...]
"""tenant, id, milliseconds, link, partner, campaign, landing, address hash, agent, referer, flag,
campaign tags as JSON, signals as JSON, version of the flag's rule."""

WIDTH = 14


async def insert(connection: asyncpg.Connection, clicks: Sequence[Click], seconds: float) -> int:
    """Store all but the poisonous, whose number is returned: a batch is halved until they are alone."""
    try:
        await connection.fetch(INSERT, *zip(*clicks, strict=True), timeout=seconds)
    except Poison as error:
        if len(clicks) == 1:
            log.exception("a click can't be stored", click=str(clicks[0][1]), error=repr(error))
            return 1
        middle = len(clicks) // 2
        return await insert(connection, clicks[:middle], seconds) + await insert(
            connection, clicks[middle:], seconds
        )
    return 0
