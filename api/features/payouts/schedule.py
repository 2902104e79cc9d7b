"""Whether a brand's cadence asks for a run now, and the run itself; asked more often than it is due."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payout_settings.for_others import PayoutSettings, read
from api.features.payouts import queries
from api.features.payouts.rails import Means
from api.features.payouts.runs import Starter, run
from api.features.payouts.schemas import Mode
from shared.models.tenant import Tenant


async def run_if_due(session: AsyncSession, mode: Mode, means: Means) -> bool:
    """Makes the run of the last Monday that the cadence pays on, unless it was made; whether it did.

    So a Monday that nobody was up for is caught up, and a worker that dies among many brands leaves
    the rest to the next look. A brand that changed its settings since waits for its next Monday.
    """
    await session.execute(queries.run_lock())
    settings = await read(session)
    now, founded = (await session.execute(select(func.now(), Tenant.created_at))).one()
    due = due_since(settings, now.astimezone(UTC), founded)
    if due is None or await session.scalar(queries.ran_since(due)) is not None:
        return False
    await run(session, mode, means, Starter(queries.SCHEDULE))
    return True


def due_since(settings: PayoutSettings, now: datetime, founded: datetime) -> datetime | None:
    """The moment of a run that may be missing, or None where the brand wants or can have none."""
    due = settings.last_due(now)
    if due is None or settings.frozen:
        return None
    began = max(founded, settings.changed_at or founded)
    return due if due >= began else None
