"""Looks after the table of clicks: months ahead, flags settled, days counted, old months dropped."""

from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.clicks import rollup
from api.features.clicks.settlement import Limits, settling
from api.features.clicks.writers import all_committed
from api.features.fraud_rules.for_others import rules_of
from api.features.privacy.for_others import months_kept
from api.jobs.job import JobContext, every

log = structlog.get_logger("clicks")

MONTHS_AHEAD = 3
AT_ONCE = 10_000
VERDICTS_OF_NOTHING = """
    delete from click_verdicts where click_ts < now() - make_interval(months => :months)
"""


@every("40 2 * * *", "click-partitions", per_tenant=False)
async def make_partitions(context: JobContext) -> None:
    """Daily rather than monthly, so that an installation that slept finds its months at once."""
    async with context.database.unpinned_session() as session:
        await session.execute(text("select make_click_partitions(:ahead)"), {"ahead": MONTHS_AHEAD})


@every("* * * * *", "click-settlement")
async def settle(context: JobContext) -> None:
    """Within a minute, flags are what one router process would have made of all clicks."""
    async with context.database.tenant_session(context.tenant_id) as session:
        since: datetime = (await session.execute(text(rollup.UNSETTLED_SINCE))).scalar_one()
        if await _something_since(session, since):
            limits = Limits.of(await rules_of(session), context.settings)
            await session.execute(settling(limits, since))
            await session.execute(rollup.settled())


@every("*/5 * * * *", "click-rollup")
async def roll_up(context: JobContext) -> None:
    """Every few minutes, so that what is read raw stays little."""
    async with context.database.tenant_session(context.tenant_id) as session:
        until: datetime | None = await session.scalar(rollup.turn())
        # Otherwise somebody is writing clicks or verdicts; the next run finds them all.
        if until is not None and await all_committed(session):
            await session.execute(rollup.rolling_up(until))


@every("20 3 * * *", "click-expiry")
async def expire(context: JobContext) -> None:
    """A workspace that keeps clicks for a shorter time than everybody forgets its own."""
    async with context.database.tenant_session(context.tenant_id) as session:
        months = await months_kept(session, context.settings)
    if months is None:
        return
    gone, last = 0, AT_ONCE
    while last == AT_ONCE:
        async with context.database.tenant_session(context.tenant_id) as session:
            last = await session.scalar(
                text("select expire_clicks(now() - make_interval(months => :months), :most)"),
                {"months": months, "most": AT_ONCE},
            )
        gone += last
    async with context.database.tenant_session(context.tenant_id) as session:
        # Those of clicks that went with their whole month; nothing else would ever take them away.
        await session.execute(text(VERDICTS_OF_NOTHING), {"months": months})
    if gone:
        log.info("clicks_expired", clicks=gone, months=months)


@every("50 2 * * *", "click-months", per_tenant=False)
async def drop_months(context: JobContext) -> None:
    """Months that nobody keeps any more go as whole tables."""
    months = context.settings.click_retention_months
    if months is not None:
        async with context.database.unpinned_session() as session:
            dropped = await session.scalar(
                text(
                    "select drop_click_partitions((now() - make_interval(months => :months))::date)"
                ),
                {"months": months},
            )
        if dropped:
            log.info("click_months_dropped", months=dropped)


async def _something_since(session: AsyncSession, since: datetime) -> bool:
    query = text("select exists (select from clicks where stored_at > :since)")
    return bool(await session.scalar(query, {"since": since}))
