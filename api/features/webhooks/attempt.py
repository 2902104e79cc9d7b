"""One attempt at a delivery, in three steps: read and close, call, write."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer
from api.features.webhooks.queries import NEXT_SEQUENCE, delivery
from api.features.webhooks.schemas import TEST, envelope
from api.features.webhooks.service import valid_secrets
from api.features.webhooks.signing import signed_headers
from api.jobs.job import JobContext
from api.metrics import DELIVERIES
from api.outside.destinations import DestinationRefused
from api.outside.http import Answer, NoAnswer, OutboundClient
from shared.clock import now
from shared.database import Database
from shared.models.notice import Notice
from shared.models.webhook import WebhookDelivery, WebhookEndpoint

DISABLE_AFTER = text("interval '120 hours'")
WORRY_AFTER = text("interval '72 hours'")
DISABLE_FAILURES = 3
GONE = 410


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent, read once and then independent of the database."""

    delivery_id: UUID
    endpoint_id: UUID
    url: str
    headers: dict[str, str]
    body: str
    is_test: bool


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


def message_id(notice_id: UUID) -> str:
    """The id that a receiver sees, the same at every attempt."""
    return f"evt_{notice_id.hex}"


def payload(notice: Notice) -> dict[str, Any]:
    """The whole envelope of a notice."""
    return envelope(message_id(notice.id), notice.type, notice.created_at, notice.data)


async def pack(
    database: Database, tenant_id: UUID, sealer: Sealer, delivery_id: UUID
) -> Parcel | None:
    """Reads all that an attempt needs and counts it; None where there is nothing to send any more."""
    async with database.tenant_session(tenant_id) as session:
        row = (
            await session.execute(delivery(delivery_id).with_for_update(of=WebhookDelivery))
        ).one_or_none()
        if row is None:
            return None
        found, endpoint, notice = row
        if found.status != "pending":
            return None
        if not endpoint.active:
            found.status, found.error, found.next_attempt_at = "failed", "endpoint is off", None
            return None
        if found.sequence is None:
            found.sequence = await session.scalar(NEXT_SEQUENCE, {"endpoint": endpoint.id})
        found.attempts += 1
        found.last_attempt_at = func.now()
        secrets = valid_secrets(sealer, tenant_id, endpoint.secrets)
        body = json.dumps(payload(notice), separators=(",", ":"), ensure_ascii=False)
        headers = signed_headers(secrets, message_id(notice.id), now(), body, notice.type)
        headers["x-openpartner-sequence"] = str(found.sequence)
        is_test = notice.type == TEST or "_synthetic" in notice.data
        return Parcel(found.id, endpoint.id, endpoint.url, headers, body, is_test)


async def send(
    database: Database, tenant_id: UUID, client: OutboundClient, parcel: Parcel, *, last: bool,
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
    async with database.tenant_session(tenant_id) as session:
        outcome = await _write(session, parcel, answer, error, last=last)
        if job is not None and (outcome.delivered or last):
            await job.finish(session)
        return outcome


async def _write(
    session: AsyncSession, parcel: Parcel, answer: Answer | None, error: str | None, *, last: bool
) -> Outcome:
    delivered = error is None
    status = "delivered" if delivered else "failed" if last else "pending"
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == parcel.delivery_id)
        .values(
            status=status,
            http_status=answer.status if answer else None,
            error=error,
            answer=answer.excerpt if answer else None,
            latency_ms=round(answer.seconds * 1000) if answer else None,
            delivered_at=func.now() if delivered else None,
            next_attempt_at=None,
        )
    )
    DELIVERIES.labels("webhook", "retried" if status == "pending" else status).inc()
    if delivered or parcel.is_test:
        # A test that fails is what tests are for; it says nothing of the news.
        if delivered:
            await _hears_us(session, parcel.endpoint_id)
        return Outcome(delivered, disabled=False, lasting=False, error=error, retry_after=None)
    gone = answer is not None and answer.status == GONE
    lasting = await _does_not_hear_us(session, parcel.endpoint_id)
    return Outcome(
        delivered=False,
        disabled=await _give_up(session, parcel.endpoint_id, gone=gone),
        lasting=lasting,
        error=error,
        retry_after=answer.retry_after if answer else None,
    )


async def _hears_us(session: AsyncSession, endpoint_id: UUID) -> None:
    await session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id)
        .values(last_used_at=func.now(), failing_since=None, failures=0, told_at=None)
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
