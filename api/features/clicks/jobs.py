"""Makes a place for the clicks of coming months."""

from sqlalchemy import text

from api.jobs.job import JobContext, every

MONTHS_AHEAD = 3


@every("40 2 * * *", "click-partitions", per_tenant=False)
async def make_partitions(context: JobContext) -> None:
    """Daily rather than monthly, so that an installation that slept finds its months at once."""
    async with context.database.unpinned_session() as session:
        await session.execute(text("select make_click_partitions(:ahead)"), {"ahead": MONTHS_AHEAD})
