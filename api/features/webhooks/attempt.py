"""One attempt at a delivery: call, and write down what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.webhooks.failures import Failure, write_failures
from api.features.webhooks.packing import Parcel
from api.jobs.batches import Batches
from api.jobs.job import JobContext
from api.jobs.patience import asked_pause, is_last, usual_pause
from api.metrics import DELIVERIES
from api.outside.destinations import DestinationRefused
from api.outside.http import Answer, NoAnswer, OutboundClient
from shared.clock import now

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
    """What came of an attempt: `error` is None where the endpoint heard us.

    `pause` is what the receiver asked for until the next one, within bounds.
    """

    error: str | None = None
    pause: timedelta | None = None


async def send(
    batches: Batches, tenant_id: UUID, client: OutboundClient, parcel: Parcel,
    job: JobContext | None = None,
) -> Outcome:  # fmt: skip
    """Calls, and writes down what came back, together with the end of the job.

    Without a job there is nobody to try again.
    """
    answer, error = await _call(client, parcel)
    job_id = job.job_id if job else None
    if answer is not None and error is None:
        await batches.take(tenant_id, write_arrivals, (parcel, answer, job_id))
        outcome, label = Outcome(), "delivered"
    else:
        error = error or "failed"
        pause, next_at = _next(parcel, answer, job)
        failure = Failure(parcel, answer, error, next_at, job_id)
        await batches.take(tenant_id, write_failures, failure)
        outcome, label = Outcome(error, pause), "failed" if next_at is None else "retried"
    if job is not None and label != "retried":
        job.finished = True
    DELIVERIES.labels("webhook", label).inc()
    return outcome


async def _call(client: OutboundClient, parcel: Parcel) -> tuple[Answer | None, str | None]:
    """What was answered, and what was wrong with it."""
    try:
        answer = await client.send("POST", parcel.url, parcel.headers, parcel.body.encode())
    except DestinationRefused:
        # One sentence for every reason, so that nobody can map a network by what we say of it.
        return None, "the address is not allowed"
    except NoAnswer as problem:
        return None, str(problem)
    fine = 200 <= answer.status < 300  # noqa: PLR2004  # 2xx is the promise
    return answer, None if fine else f"HTTP {answer.status}"


def _next(
    parcel: Parcel, answer: Answer | None, job: JobContext | None
) -> tuple[timedelta | None, datetime | None]:
    """The pause that the receiver asked for, and when to try again."""
    if job is None or is_last(job.attempt):
        return None, None
    asked = answer.retry_after if answer and not parcel.is_test else None
    pause = asked_pause(job.attempt, asked)
    return pause, now() + (pause or usual_pause(job.attempt))


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
