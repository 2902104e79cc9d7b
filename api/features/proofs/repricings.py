"""Every repriced share worked out anew: what is booked of it is the part that wasn't refunded."""

from collections.abc import AsyncIterator

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.corrections.for_others import parts_of
from api.features.proofs.finding import Finding
from shared.money import half_up

ROWS = 500

# Share by share, so that it takes no memory however many there are. That these rows are what the
# ledger says is a sum of its own.
REPRICED = text(
    """
    select event_id, partner_id, currency, sum(amount_minor)::bigint as booked,
        coalesce(sum(amount_minor) filter (where reason <> 'correction'), 0)::bigint as reckoned
    from repricings group by event_id, partner_id, campaign_id, currency order by event_id
    """
)


async def rescaled(session: AsyncSession) -> AsyncIterator[Finding]:
    """Every share that was reckoned anew, from what that came to and all that was said since."""
    rows = await session.stream(REPRICED, execution_options={"yield_per": ROWS})
    async for some in rows.partitions(ROWS):
        parts = await parts_of(session, sorted({row.event_id for row in some}))
        for row in some:
            wanted = half_up(row.reckoned * (1 - parts[row.event_id].returned))
            if row.booked != wanted:
                yield Finding(
                    "repricings",
                    f"event {row.event_id}",
                    f"has {row.booked} {row.currency} booked for partner {row.partner_id} since it"
                    f" was reckoned anew, where refunds leave {wanted} of {row.reckoned}",
                )
