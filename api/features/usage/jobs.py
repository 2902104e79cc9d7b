"""Usage, night by night: lines for what changed, and a report of them to Stripe's meter."""

from uuid import UUID

import structlog

from api.features.subscriptions.for_others import CATCH_UP
from api.features.usage import service
from api.features.usage.queries import anything_to_do
from api.features.usage.reports import report_next
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, every, job
from api.outside.stripe import NotConfigured, StripeFailure

log = structlog.get_logger()

REPORT = "billing.report_usage"
# Within the day for which Stripe knows an identifier; then comes the next night.
DELAYS = (30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)


@every("15 3 * * *", "usage-report")
async def report_every_night(context: JobContext) -> None:
    """A job for each brand, so that a failing one is tried again alone."""
    if context.settings.openpartner_mode == "selfhost":
        return
    async with context.database.tenant_session(context.tenant_id) as session:
        if await session.scalar(anything_to_do()):
            await enqueue(session, REPORT)


@every("45 * * * *", "usage-lines")
async def write_lines_every_hour(context: JobContext) -> None:
    """So that what brands see of their bill is never much older."""
    if context.settings.openpartner_mode == "selfhost":
        return
    async with context.database.tenant_session(context.tenant_id) as session:
        if await session.scalar(anything_to_do()):
            await service.write_lines(session, context.settings)


@job(REPORT, delays=DELAYS)
async def report_usage(context: JobContext) -> None:
    """A report that was left over, and the one after it."""
    async with context.database.tenant_session(context.tenant_id) as session:
        waiting = await service.write_lines(session, context.settings)
        if waiting:
            currencies = await service.waiting_for_rate(session, context.settings)
            log.warning(
                "usage_waits_for_rate",
                tenant=str(context.tenant_id),
                changes=waiting,
                currencies=currencies,
            )
    try:
        sent = await report_next(context.database, context.outside.stripe, context.tenant_id)
        if sent.report is not None and sent.report.uncertain:
            await report_next(context.database, context.outside.stripe, context.tenant_id)
    except (StripeFailure, NotConfigured) as problem:
        raise Later(str(problem)) from problem


@job(CATCH_UP)
async def catch_up(context: JobContext, subscription_id: str) -> None:
    """A subscription that we heard of late bills what was sold since it began."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await service.catch_up(session, UUID(subscription_id))
