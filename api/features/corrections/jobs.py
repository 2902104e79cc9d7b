"""Refunds and disputes whose sale never came: somebody should look."""

import structlog
from sqlalchemy import func, select

from api.features.corrections.listing import corrections_shown
from api.jobs.job import JobContext, every

log = structlog.get_logger()


@every("35 5 * * *", "corrections-overdue")
async def report_overdue(context: JobContext) -> None:
    """Says how many wait for longer than 30 days; `GET /corrections?state=overdue` shows them."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        waiting = corrections_shown("overdue").subquery()
        count = await session.scalar(select(func.count()).select_from(waiting))
    if count:
        log.warning("corrections_overdue", tenant_id=str(context.tenant_id), count=count)
