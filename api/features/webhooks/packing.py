"""What an attempt needs, read for many deliveries at once; reading counts the attempt."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer
from api.features.webhooks.schemas import TEST, envelope
from api.features.webhooks.service import valid_secrets
from api.features.webhooks.signing import signed_headers
from shared.clock import now
from shared.models.notice import Notice

# In one order for every worker, so that two can't wait for each other.
LOCK = text(
    """
    select from webhook_endpoints where id in
        (select endpoint_id from webhook_deliveries where id = any(:ids) and sequence is null)
    order by id for update
    """
)
# Numbers run without gaps in the order of first attempts, endpoint by endpoint.
TAKE = text(
    """
    with due as materialized (
        select d.id, d.endpoint_id, d.notice_id, e.active, e.url, e.secrets,
            e.active and d.sequence is null as fresh
        from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
        where d.id = any(:ids) and d.status = 'pending' order by d.id for update of d
    ), numbered as (
        update webhook_endpoints e set last_sequence = e.last_sequence + n.count
        from (select endpoint_id, count(*) from due where fresh group by endpoint_id) n
        where e.id = n.endpoint_id returning e.id, e.last_sequence - n.count as before
    ), placed as (
        select due.id, n.before + row_number() over (partition by n.id order by due.id) as sequence
        from due join numbered n on n.id = due.endpoint_id where due.fresh
    ), counted as (
        update webhook_deliveries d set attempts = attempts + 1, last_attempt_at = now(),
            sequence = coalesce(p.sequence, d.sequence)
        from due left join placed p on p.id = due.id
        where d.id = due.id and due.active returning d.id, d.sequence
    ), refused as (
        update webhook_deliveries d set status = 'failed', error = 'endpoint is off',
            next_attempt_at = null
        from due where d.id = due.id and not due.active
    )
    select due.id, due.endpoint_id, due.url, due.secrets, c.sequence, n.id as notice_id, n.type,
        n.created_at, n.data
    from due join counted c on c.id = due.id join notices n on n.id = due.notice_id
    """
).columns(secrets=JSONB, data=JSONB)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent, read once and then independent of the database."""

    delivery_id: UUID
    endpoint_id: UUID
    url: str
    headers: dict[str, str]
    body: str
    is_test: bool


def message_id(notice_id: UUID) -> str:
    """The id that a receiver sees, the same at every attempt."""
    return f"evt_{notice_id.hex}"


def payload(notice: Notice) -> dict[str, Any]:
    """The whole envelope of a notice."""
    return _enveloped(notice.id, notice.type, notice.created_at, notice.data)


def _enveloped(
    notice_id: UUID, event: str, created_at: datetime, data: dict[str, Any]
) -> dict[str, Any]:
    return envelope(message_id(notice_id), event, created_at, data)


async def take(session: AsyncSession, delivery_ids: Sequence[UUID]) -> list[Row[Any] | None]:
    """A step: each delivery's row, or None where there is nothing to send any more."""
    ids = {"ids": list(delivery_ids)}
    await session.execute(LOCK, ids)
    found = {row.id: row for row in await session.execute(TAKE, ids)}
    return [found.get(delivery_id) for delivery_id in delivery_ids]


def pack(sealer: Sealer, tenant_id: UUID, row: Row[Any]) -> Parcel:
    """Signs what `take` has read. Raises Unreadable where no key of ours opens the secret."""
    secrets = valid_secrets(sealer, tenant_id, row.secrets)
    message = _enveloped(row.notice_id, row.type, row.created_at, row.data)
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    headers = signed_headers(secrets, message["id"], now(), body, row.type)
    headers["x-openpartner-sequence"] = str(row.sequence)
    is_test = row.type == TEST or "_synthetic" in row.data
    return Parcel(row.id, row.endpoint_id, row.url, headers, body, is_test)
