"""One attempt at a firing, in three steps: read and close, call, write."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.jobs.job import JobContext
from api.metrics import DELIVERIES
from api.outside.destinations import DestinationRefused
from api.outside.http import Answer, NoAnswer, OutboundClient
from shared.database import Database
from shared.models.postback import PartnerPostback, PostbackDelivery

HEADERS = {"user-agent": "OpenPartner-Postback/1"}
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Shot:
    """What is to be called."""

    delivery_id: UUID
    postback_id: UUID
    method: str
    url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; `error` is None where the tracker heard us."""

    error: str | None
    retry_after: float | None


async def load(database: Database, tenant_id: UUID, delivery_id: UUID) -> Shot | None:
    """Reads and counts the attempt; None where there is nothing to call any more."""
    async with database.tenant_session(tenant_id) as session:
        query = (
            select(PostbackDelivery, PartnerPostback)
            .join(PartnerPostback, PartnerPostback.id == PostbackDelivery.postback_id)
            .where(PostbackDelivery.id == delivery_id, PostbackDelivery.status == "pending")
        )
        row = (await session.execute(query.with_for_update(of=PostbackDelivery))).one_or_none()
        if row is None:
            return None
        firing, postback = row
        if not postback.enabled or postback.deleted_at is not None:
            firing.status, firing.error = "failed", "postback is off"
            return None
        firing.attempts += 1
        firing.last_attempt_at = func.now()
        return Shot(firing.id, postback.id, postback.method, firing.url)


async def fire(
    database: Database, tenant_id: UUID, client: OutboundClient, shot: Shot, *, last: bool,
    job: JobContext | None = None,
) -> Outcome:  # fmt: skip
    """Calls, and writes down what came back, together with the end of the job."""
    answer, error = await _call(client, shot)
    status = "delivered" if error is None else "failed" if last else "pending"
    async with database.tenant_session(tenant_id) as session:
        await _write(session, shot, status, answer, error)
        if job is not None and status != "pending":
            await job.finish(session)
    DELIVERIES.labels("postback", "retried" if status == "pending" else status).inc()
    return Outcome(error, answer.retry_after if answer else None)


async def _write(
    session: AsyncSession, shot: Shot, status: str, answer: Answer | None, error: str | None
) -> None:
    """The log of this firing, and the counters of its postback."""
    await session.execute(
        update(PostbackDelivery)
        .where(PostbackDelivery.id == shot.delivery_id)
        .values(
            status=status,
            http_status=answer.status if answer else None,
            error=error,
            answer=answer.excerpt if answer else None,
            latency_ms=round(answer.seconds * 1000) if answer else None,
            delivered_at=func.now() if error is None else None,
        )
    )
    await session.execute(
        update(PartnerPostback)
        .where(PartnerPostback.id == shot.postback_id)
        .values(
            last_fired_at=func.now(),
            last_status=answer.status if answer else None,
            last_error=error,
            success_count=PartnerPostback.success_count + int(error is None),
            failure_count=PartnerPostback.failure_count + int(error is not None),
        )
    )


async def _call(client: OutboundClient, shot: Shot) -> tuple[Answer | None, str | None]:
    """What was answered, and what was wrong with it."""
    try:
        answer = await client.send(shot.method, shot.url, HEADERS)
    except DestinationRefused:
        return None, "the address is not allowed"
    except NoAnswer as problem:
        return None, str(problem)[:LONGEST_ERROR]
    fine = 200 <= answer.status < 300  # noqa: PLR2004  # 2xx is the promise
    return answer, None if fine else f"http_{answer.status}"
