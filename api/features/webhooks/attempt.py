"""One attempt at a delivery: call, and write down what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.webhooks.packing import Parcel
from api.jobs.batches import Batches
from api.jobs.job import JobContext
from api.metrics import DELIVERIES
from api.outside.destinations import DestinationRefused
from api.outside.http import Answer, NoAnswer, OutboundClient
from shared.models.webhook import WebhookDelivery, WebhookEndpoint

DISABLE_AFTER = text("interval '120 hours'")
WORRY_AFTER = text("interval '72 hours'")
DISABLE_FAILURES = 3
GONE = 410
ARRIVED = text(
    """
    with arrived as (
        select * from unnest(cast(:ids as uuid[]), cast(:statuses as int[]),
            cast(:answers as text[]), cast(:latencies as int[])) a(id, status, answer, latency)
    ), finished as (
        update jobs set done_at = now(), leased_until = null where id = any(:jobs)
    )
    update webhook_deliveries d set status = 'delivered', http_status = a.status, error = null,
        answer = a.answer, latency_ms = a.latency, delivered_at = now(), next_attempt_at = null
    from arrived a where d.id = a.id
    """
)
# Once a second will do for an endpoint that is well: its row would be locked by every batch. In one
# order for every worker, so that two can't wait for each other.
HEARD = text(
    """
    with heard as materialized (
        select id from webhook_endpoints where id = any(:ids) and (failures > 0
            or failing_since is not null or told_at is not null or last_used_at is null
            or last_used_at < now() - interval '1 second')
        order by id for update
    )
    update webhook_endpoints e
    set last_used_at = now(), failing_since = null, failures = 0, told_at = null
    from heard where e.id = heard.id
    """
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `retry_after` is what the receiver asked for, in seconds.

    `lasting` says that the endpoint has heard nothing for three days.
    """

    delivered: bool
    disabled: bool
    lasting: bool
    error: str | None
    retry_after: float | None


async def send(
    batches: Batches, tenant_id: UUID, client: OutboundClient, parcel: Parcel, *, last: bool,
    job: JobContext | None = None,
) -> Outcome:  # fmt: skip
    """Calls, and writes down what came back, together with the end of the job."""
    answer: Answer | None = None
    error: str | None = None
    try:
        answer = await client.send("POST", parcel.url, parcel.headers, parcel.body.encode())
        if not 200 <= answer.status < 300:  # noqa: PLR2004  # 2xx is the promise
            error = f"HTTP {answer.status}"
    except DestinationRefused:
        # One sentence for every reason, so that nobody can map a network by what we say of it.
        error = "the address is not allowed"
    except NoAnswer as problem:
        error = str(problem)
    if answer is not None and error is None:
        return await _arrived(batches, tenant_id, parcel, answer, job)
    async with batches.database.tenant_session(tenant_id) as session:
        outcome = await _write(session, parcel, answer, error or "failed", last=last)
        if job is not None and last:
            await job.finish(session)
        return outcome


async def _arrived(
    batches: Batches, tenant_id: UUID, parcel: Parcel, answer: Answer, job: JobContext | None
) -> Outcome:
    job_id = job.job_id if job else None
    await batches.take(tenant_id, write_arrivals, (parcel, answer, job_id))
    if job is not None:
        job.finished = True
    DELIVERIES.labels("webhook", "delivered").inc()
    return Outcome(delivered=True, disabled=False, lasting=False, error=None, retry_after=None)


async def write_arrivals(
    session: AsyncSession, arrivals: Sequence[tuple[Parcel, Answer, UUID | None]]
) -> Sequence[None]:
    """A step: deliveries that arrived, what that says of their endpoints, and the end of their jobs."""
    await session.execute(
        ARRIVED,
        {
            "ids": [parcel.delivery_id for parcel, _, _ in arrivals],
            "statuses": [answer.status for _, answer, _ in arrivals],
            "answers": [answer.excerpt for _, answer, _ in arrivals],
            "latencies": [round(answer.seconds * 1000) for _, answer, _ in arrivals],
            "jobs": [job_id for _, _, job_id in arrivals if job_id is not None],
        },
    )
    await session.execute(HEARD, {"ids": list({parcel.endpoint_id for parcel, _, _ in arrivals})})
    return [None] * len(arrivals)


async def _write(
    session: AsyncSession, parcel: Parcel, answer: Answer | None, error: str, *, last: bool
) -> Outcome:
    status = "failed" if last else "pending"
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == parcel.delivery_id)
        .values(
            status=status,
            http_status=answer.status if answer else None,
            error=error,
            answer=answer.excerpt if answer else None,
            latency_ms=round(answer.seconds * 1000) if answer else None,
            next_attempt_at=None,
        )
    )
    DELIVERIES.labels("webhook", "failed" if last else "retried").inc()
    if parcel.is_test:
        # A test that fails is what tests are for; it says nothing of the news.
        return Outcome(
            delivered=False, disabled=False, lasting=False, error=error, retry_after=None
        )
    gone = answer is not None and answer.status == GONE
    lasting = await _does_not_hear_us(session, parcel.endpoint_id)
    return Outcome(
        delivered=False,
        disabled=await _give_up(session, parcel.endpoint_id, gone=gone),
        lasting=lasting,
        error=error,
        retry_after=answer.retry_after if answer else None,
    )


async def _does_not_hear_us(session: AsyncSession, endpoint_id: UUID) -> bool:
    """Counts a failure; says whether there has been nothing else for three days."""
    since = func.coalesce(WebhookEndpoint.failing_since, func.now())
    lasting = await session.scalar(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id)
        .values(failing_since=since, failures=WebhookEndpoint.failures + 1)
        .returning(WebhookEndpoint.failing_since < func.now() - WORRY_AFTER)
        .execution_options(synchronize_session=False)
    )
    return bool(lasting)


async def _give_up(session: AsyncSession, endpoint_id: UUID, *, gone: bool) -> bool:
    """Switches the endpoint off where it is gone, or has failed for five days."""
    hopeless = (WebhookEndpoint.failing_since < func.now() - DISABLE_AFTER) & (
        WebhookEndpoint.failures >= DISABLE_FAILURES
    )
    due = select(WebhookEndpoint.id).where(
        WebhookEndpoint.id == endpoint_id, WebhookEndpoint.active, true() if gone else hopeless
    )
    reason = "it answered 410 Gone" if gone else "it has failed for five days"
    disabled = await session.scalar(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id.in_(due))
        .values(active=False, disabled_at=func.now(), disabled_reason=reason)
        .returning(WebhookEndpoint.id)
        .execution_options(synchronize_session=False)
    )
    return disabled is not None
