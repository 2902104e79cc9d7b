"""Reports to Stripe's meter: frozen and committed before they are sent, so that none counts twice.

A report whose outcome is unknown is sent again as it is, for as long as Stripe knows its identifier.
After that Stripe's own sums are looked at, and only what they show to be missing is reported anew.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.subscriptions.for_others import current, locked_account
from api.features.usage import queries
from api.features.usage.meter import counted, is_duplicate, send
from api.outside.stripe import Declined, NotConfigured, Stripe, StripeFailure
from shared.database import Database
from shared.ids import new_id
from shared.models.billing_usage import UsageReport

# Stripe tells identifiers apart for a day at least, and takes events of the last 35 days.
IDENTIFIER_IS_GOOD = timedelta(hours=23)
OLDEST = timedelta(days=34)
MINUTE = timedelta(minutes=1)
SERVER_ERRORS = 500

Step = Literal["post", "look", "replace"]
WhyNot = Literal["nothing_to_report", "no_subscription"]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is sent, however often; `uncertain` when it may have been taken before."""

    id: UUID
    identifier: str
    customer: str
    usd_minor: int
    happened_at: datetime
    uncertain: bool
    key: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What Stripe has counted by now; or why there was nothing to tell."""

    report: Frozen | None
    why_not: WhyNot | None = None


async def report_next(database: Database, stripe: Stripe, tenant_id: UUID) -> Sent:
    """Settles the report that is pending, or makes and sends the next one; one of them, never both.

    Raises StripeFailure, after which the report is still pending and will be settled first.
    """
    if not stripe.configured:
        raise NotConfigured
    async with database.tenant_session(tenant_id) as session:
        found = await _pending_or_next(session)
    if not isinstance(found, UUID):
        return Sent(None, found)
    return Sent(await settle(database, stripe, tenant_id, found))


async def _pending_or_next(session: AsyncSession) -> UUID | WhyNot:
    account = await locked_account(session)
    if (pending := await session.scalar(queries.pending())) is not None:
        return pending.id
    usd = int((await session.scalars(queries.open_usd())).one())
    if usd <= 0:
        # More was refunded than sold: that is taken off what comes next.
        return "nothing_to_report"
    if account.stripe_customer_id is None or await session.scalar(current()) is None:
        return "no_subscription"
    report = await _frozen(session, account.stripe_customer_id, usd)
    if (await session.scalars(queries.TAKE, {"report": report.id})).one() != usd:
        raise RuntimeError("lines were written while the account was held")
    return report.id


async def _frozen(
    session: AsyncSession, customer: str, usd_minor: int, replaces: UUID | None = None
) -> UsageReport:
    """A minute for each report, so that Stripe's sums of that minute tell of it alone."""
    report_id = new_id()
    now: datetime = (await session.scalars(select(func.now()))).one()
    last = await session.scalar(queries.latest_moment())
    moment = now if last is None else max(now, last.replace(second=0, microsecond=0) + MINUTE)
    report = UsageReport(
        id=report_id,
        identifier=f"op-usage-{report_id}",
        stripe_customer_id=customer,
        usd_minor=usd_minor,
        happened_at=moment.astimezone(UTC).replace(microsecond=0),
        replaces=replaces,
    )
    session.add(report)
    await session.flush()
    return report


async def settle(database: Database, stripe: Stripe, tenant_id: UUID, report_id: UUID) -> Frozen:
    """Until Stripe is known to have counted it, once. No transaction is open while Stripe is asked."""
    async with database.tenant_session(tenant_id) as session:
        step, frozen = await _next_step(session, report_id)
    if step == "look":
        if await counted(stripe, frozen.customer, frozen.happened_at):
            await _mark_sent(database, tenant_id, frozen.id)
            return frozen
        step = "replace"
    if step == "replace":
        async with database.tenant_session(tenant_id) as session:
            successor = await _replace(session, frozen.id)
        return await settle(database, stripe, tenant_id, successor)
    if step == "post":
        await _post(database, stripe, tenant_id, frozen)
    return frozen


async def _next_step(session: AsyncSession, report_id: UUID) -> tuple[Step | None, Frozen]:
    """Notes that it is about to be sent, before it is; None where somebody else has settled it."""
    report = (await session.scalars(_held(report_id))).one()
    now: datetime = (await session.scalars(select(func.now()))).one()
    frozen = Frozen(
        id=report.id,
        identifier=report.identifier,
        customer=report.stripe_customer_id,
        usd_minor=report.usd_minor,
        happened_at=report.happened_at,
        uncertain=report.posted_at is not None,
        key=f"{report.identifier}-{report.breakdowns}",
    )
    if report.status != "pending":
        return None, frozen
    if report.posted_at is not None:
        return ("post" if now - report.posted_at < IDENTIFIER_IS_GOOD else "look"), frozen
    if now - report.happened_at > OLDEST:
        return "replace", frozen
    report.posted_at = now
    await session.flush()
    return "post", frozen


async def _post(database: Database, stripe: Stripe, tenant_id: UUID, frozen: Frozen) -> None:
    try:
        await send(
            stripe,
            frozen.identifier,
            frozen.customer,
            frozen.usd_minor,
            frozen.happened_at,
            key=frozen.key,
        )
    except StripeFailure as problem:
        if not (isinstance(problem, Declined) and is_duplicate(problem)):
            await _note_failure(database, tenant_id, frozen.id, problem)
            raise
    await _mark_sent(database, tenant_id, frozen.id)


async def _mark_sent(database: Database, tenant_id: UUID, report_id: UUID) -> None:
    async with database.tenant_session(tenant_id) as session:
        report = (await session.scalars(_held(report_id))).one()
        if report.status == "pending":
            report.status, report.sent_at, report.last_error = "sent", func.now(), None


async def _note_failure(
    database: Database, tenant_id: UUID, report_id: UUID, problem: StripeFailure
) -> None:
    """Even a refusal leaves it uncertain: it tells nothing of tries before it, or beside it."""
    async with database.tenant_session(tenant_id) as session:
        report = (await session.scalars(_held(report_id))).one()
        if report.status == "pending":
            report.last_error = str(problem)[:1000]
            if (problem.http_status or 0) >= SERVER_ERRORS:
                report.breakdowns += 1


async def _replace(session: AsyncSession, report_id: UUID) -> UUID:
    """The same amount under another name and time; its lines stay where they are."""
    await locked_account(session)
    old = (await session.scalars(_held(report_id))).one()
    if old.status != "pending":
        # Somebody else was faster.
        found = await session.scalar(select(UsageReport.id).where(UsageReport.replaces == old.id))
        return found or old.id
    old.status = "replaced"
    await session.flush()
    return (await _frozen(session, old.stripe_customer_id, old.usd_minor, old.id)).id


def _held(report_id: UUID) -> Select[UsageReport]:
    return select(UsageReport).where(UsageReport.id == report_id).with_for_update()
