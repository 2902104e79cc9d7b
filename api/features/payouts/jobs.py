"""What happens to payouts by itself: they are made on their day, sent, looked after, and compared."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, text

from api.features.payouts import comparing, queries, runs, transfers
from api.features.payouts.checking import check
from api.features.payouts.comparing import by_tenant, compare
from api.features.payouts.desks import desk_of, means_of
from api.features.payouts.schedule import run_if_due
from api.features.payouts.sending import send
from api.features.payouts.transfers import Transfer, Unclear
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext, Later, every, job
from api.metrics import PAYOUT_DIFFERENCES

log = structlog.get_logger()

CHECK = "payouts.check"
# The sweep goes on where these end.
SOON = (65, 100, 300)


@job(runs.SEND, delays=SOON)
async def send_payout(context: JobContext, payout_id: str) -> None:
    """One step towards the end of this payout; if it takes more, they follow within minutes."""
    desk = desk_of(context.tenant_id, context.database, context.settings, context.outside.stripe)
    await send(desk, UUID(payout_id))
    if context.attempt > len(SOON):
        return
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        waiting = await session.scalar(queries.still_to_send(UUID(payout_id)))
    if waiting is not None:
        # No answer, or somebody else who was at it and may have died of it.
        raise Later(f"the transfer is {waiting}")


@job(CHECK)
async def check_payout(context: JobContext, payout_id: str) -> None:
    """Stripe told of a transfer: looks at what it is now."""
    desk = desk_of(context.tenant_id, context.database, context.settings, context.outside.stripe)
    try:
        await check(desk, UUID(payout_id))
    except Unclear as problem:
        raise Later(problem.reason) from problem


@job(runs.AGAIN)
async def plan_again(context: JobContext, payout_id: str) -> None:
    """Who is to be paid elsewhere than planned gets a payout that goes there."""
    means = means_of(context.settings, context.outside.stripe)
    async with context.database.tenant_session(context.tenant_id) as session:
        await runs.again(session, context.settings.openpartner_mode, means, UUID(payout_id))


@every("0 9 * * mon", "payouts")
async def run_on_mondays(context: JobContext) -> None:
    """The run of a brand whose cadence pays today."""
    await _run_if_due(context)


@every("*/15 * * * *", "payout-transfers")
async def look_after_transfers(context: JobContext) -> None:
    """Takes up whatever was left on its way, and a run that was missed."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        waiting = list(await session.scalars(queries.live_transfers()))
    desk = desk_of(context.tenant_id, context.database, context.settings, context.outside.stripe)
    failed = 0
    for payout_id in waiting:
        try:
            await send(desk, payout_id)
        except Exception:
            # One that can't be settled must not hold up the others; it stays in sight as stuck.
            failed += 1
            log.exception("payout_not_sent", payout=str(payout_id))
    # Last, so that a run that can't be made holds up nothing that is on its way.
    await _run_if_due(context)
    if failed:
        raise RuntimeError(f"{failed} payouts could not be looked after")


async def _run_if_due(context: JobContext) -> None:
    means = means_of(context.settings, context.outside.stripe)
    async with context.database.tenant_session(context.tenant_id) as session:
        await run_if_due(session, context.settings.openpartner_mode, means)


@every("20 * * * *", "payout-reconcile", per_tenant=False)
async def compare_with_stripe(context: JobContext) -> None:
    """All transfers of the last days against all payouts of them, each brand's behind its wall."""
    stripe = context.outside.stripe
    if not stripe.configured:
        return
    async with context.database.unpinned_session() as session:
        since = await session.scalar(select(func.now() - comparing.LOOK_BACK))
        tenants = list(await session.scalars(text("select active_tenants()")))
    assert since is not None  # noqa: S101  # a clock always answers
    found = by_tenant(await transfers.since(stripe, since))
    # A little later than what Stripe was asked for: what lies between belongs to no side.
    begins = since + timedelta(hours=1)
    counted: Counter[str] = Counter()
    failed = 0
    for tenant_id in tenants:
        try:
            counted += await _compare(context, tenant_id, found.get(str(tenant_id), []), begins)
        except Exception:
            failed += 1
            log.exception("payouts_not_compared", tenant=str(tenant_id))
    for kind in comparing.KINDS:
        PAYOUT_DIFFERENCES.labels(kind).set(counted[kind])
    if counted:
        log.error("payouts_differ", **counted)
    if failed:
        raise RuntimeError(f"{failed} brands' payouts could not be compared")


async def _compare(
    context: JobContext, tenant_id: UUID, found: Sequence[Transfer], begins: datetime
) -> Counter[str]:
    """One brand's; what can be put right is, as if Stripe's event about it had not been lost."""
    async with context.database.tenant_session(tenant_id) as session:
        differences = await compare(session, found, begins)
        for one in differences:
            if one.payout_id is not None:
                await enqueue(session, CHECK, payout_id=str(one.payout_id))
    return Counter(one.kind for one in differences)
