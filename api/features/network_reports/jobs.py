"""The hours at which the network hears of us."""

import structlog

from api.features.network.for_others import coordinator_of, membership_of
from api.features.network_reports.service import pulse, report_payouts
from api.features.program_settings.for_others import look_of
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, every, job
from api.outside.network import PUSH_SECONDS, NetworkDown, NetworkRefused

log = structlog.get_logger()

LANE = "network"


@every("30 3 * * *", "network.report_payouts")
async def report(context: JobContext) -> None:
    """What was paid to creators since the last report."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await report_payouts(session)


@every("7 * * * *", "network.heartbeats")
async def heartbeats(context: JobContext) -> None:
    """A job for each member: a network that hangs must not hold up the schedule."""
    async with context.database.tenant_session(context.tenant_id) as session:
        if (await membership_of(session)).is_connected:
            await enqueue(session, "network.heartbeat", receiver=LANE)


@job("network.heartbeat", delays=())
async def heartbeat(context: JobContext) -> None:
    """That we are there. One that is missed is not made up for: the next hour brings another."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        coordinator = coordinator_of(
            context.settings, context.outside.outbound, context.tenant_id,
            await membership_of(session),
        )  # fmt: skip
        if coordinator is None:
            return
        look = await look_of(session, context.settings)
        body = {**await pulse(session), "logoUrl": look.logo_url}
    try:
        await coordinator.ask("POST", "/vendors/me/heartbeat", body, seconds=PUSH_SECONDS)
    except (NetworkDown, NetworkRefused) as problem:
        log.info("heartbeat_not_heard", reason=str(problem))
