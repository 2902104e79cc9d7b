"""Deliveries that failed, written down many at once, and what that says of their endpoints."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.webhooks.packing import Parcel
from api.jobs.enqueue import enqueue
from api.outside.http import Answer

GONE = 410
FAILED = text(
    """
    with failed as (
        select * from unnest(cast(:ids as uuid[]), cast(:statuses as int[]),
            cast(:errors as text[]), cast(:answers as text[]), cast(:latencies as int[]),
            cast(:nexts as timestamptz[])) f(id, status, error, answer, latency, next)
    ), finished as (
        update jobs set done_at = now(), leased_until = null where id = any(:jobs)
    )
    update webhook_deliveries d set status = case when f.next is null then 'failed' else 'pending' end,
        http_status = f.status, error = f.error, answer = f.answer, latency_ms = f.latency,
        next_attempt_at = f.next
    from failed f where d.id = f.id
    """
)
# In one order for every worker, so that two can't wait for each other.
LOCK = text("select from webhook_endpoints where id = any(:ids) order by id for update")
COUNT = text(
    """
    update webhook_endpoints e set failures = e.failures + f.count,
        failing_since = coalesce(e.failing_since, now())
    from unnest(cast(:ids as uuid[]), cast(:counts as int[])) f(id, count) where e.id = f.id
    returning e.id, e.failing_since < now() - interval '72 hours' as lasting
    """
)
# Switches off what is gone, or has failed for five days.
GIVE_UP = text(
    """
    update webhook_endpoints set active = false, disabled_at = now(), disabled_reason = case
        when id = any(:gone) then 'it answered 410 Gone' else 'it has failed for five days' end
    where id = any(:ids) and active and (id = any(:gone)
        or failing_since < now() - interval '120 hours' and failures >= 3)
    returning id
    """
)
# Once for each spell of failures.
TELL = text(
    "update webhook_endpoints set told_at = now() where id = any(:ids) and told_at is null returning id"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """`next_at` is None after the last attempt; `job_id` where a job made it, and not a person."""

    parcel: Parcel
    answer: Answer | None
    error: str
    next_at: datetime | None
    job_id: UUID | None

    @property
    def endpoint_id(self) -> UUID:
        return self.parcel.endpoint_id

    @property
    def gone(self) -> bool:
        return self.answer is not None and self.answer.status == GONE


async def write_failures(session: AsyncSession, failures: Sequence[Failure]) -> Sequence[None]:
    """A step: the log, the counts of endpoints, the end of last attempts, and who is to be told."""
    answers = [failure.answer for failure in failures]
    last = [failure for failure in failures if failure.next_at is None]
    await session.execute(
        FAILED,
        {
            "ids": [failure.parcel.delivery_id for failure in failures],
            "statuses": [answer and answer.status for answer in answers],
            "errors": [failure.error for failure in failures],
            "answers": [answer and answer.excerpt for answer in answers],
            "latencies": [answer and round(answer.seconds * 1000) for answer in answers],
            "nexts": [failure.next_at for failure in failures],
            "jobs": [failure.job_id for failure in last if failure.job_id is not None],
        },
    )
    await session.execute(LOCK, {"ids": list({failure.endpoint_id for failure in failures})})
    # A test that fails is what tests are for; it says nothing of the news.
    lasting, disabled = await _judge(session, [f for f in failures if not f.parcel.is_test])
    of_jobs = [failure for failure in failures if failure.job_id is not None]
    worrying = lasting | disabled | {failure.endpoint_id for failure in last}
    errors = {f.endpoint_id: f.error for f in of_jobs if f.endpoint_id in worrying}
    if errors:
        await _ask_to_tell(session, errors, disabled)
    return [None] * len(failures)


async def _judge(session: AsyncSession, news: Sequence[Failure]) -> tuple[set[UUID], set[UUID]]:
    """Counts failures; which endpoints have heard nothing for three days, and which are now off."""
    if not news:
        return set(), set()
    counts = Counter(failure.endpoint_id for failure in news)
    counted = await session.execute(COUNT, {"ids": list(counts), "counts": list(counts.values())})
    gone = {failure.endpoint_id for failure in news if failure.gone}
    lasting = {row.id for row in counted if row.lasting}
    disabled = await session.scalars(GIVE_UP, {"ids": list(counts), "gone": list(gone)})
    return lasting, set(disabled)


async def _ask_to_tell(session: AsyncSession, errors: dict[UUID, str], disabled: set[UUID]) -> None:
    """Once for each spell of failures, and once more when the endpoint is switched off."""
    first = set(await session.scalars(TELL, {"ids": list(errors)}))
    for endpoint_id in sorted(first | (disabled & errors.keys())):
        await enqueue(
            session, "webhooks.tell_admins", endpoint_id=str(endpoint_id),
            disabled=endpoint_id in disabled, error=errors[endpoint_id],
        )  # fmt: skip
