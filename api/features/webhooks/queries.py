"""Reads of webhooks, and the statement that gives news to whoever subscribed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, select, text

from shared.models.job import Job
from shared.models.notice import Notice
from shared.models.webhook import WebhookDelivery, WebhookEndpoint

# Idempotent: what was fanned out already stays as it is, so a job may run this twice. One statement
# for any number of endpoints, since a job has only so much time.
FAN_OUT = text(
    """
    with made as (
        insert into webhook_deliveries (id, endpoint_id, notice_id, event_type)
        select uuid_v7(), e.id, n.id, n.type
        from notices n join webhook_endpoints e
            on e.active and e.deleted_at is null and (n.type = any(e.events) or '*' = any(e.events))
        where n.id = any(:notices)
        order by n.id
        on conflict (tenant_id, endpoint_id, notice_id) do nothing
        returning id, endpoint_id
    )
    insert into jobs (id, name, receiver, arguments)
    select uuid_v7(), 'webhooks.deliver', endpoint_id::text, jsonb_build_object('delivery_id', id)
    from made order by id
    """
)
# The order of first attempts at an endpoint, without gaps.
NEXT_SEQUENCE = text(
    "update webhook_endpoints set last_sequence = last_sequence + 1 where id = :endpoint"
    " returning last_sequence"
)


def endpoints() -> Select[WebhookEndpoint]:
    """Endpoints that were not deleted."""
    return select(WebhookEndpoint).where(WebhookEndpoint.deleted_at.is_(None))


def deliveries(endpoint_id: UUID) -> Select[WebhookDelivery, Notice]:
    """An endpoint's log, each delivery beside its news."""
    return (
        select(WebhookDelivery, Notice)
        .join(Notice, Notice.id == WebhookDelivery.notice_id)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
    )


def delivery(delivery_id: UUID) -> Select[WebhookDelivery, WebhookEndpoint, Notice]:
    """One delivery with all that an attempt needs."""
    return (
        select(WebhookDelivery, WebhookEndpoint, Notice)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Notice, Notice.id == WebhookDelivery.notice_id)
        .where(WebhookDelivery.id == delivery_id)
    )


def latest(event: str, most: int) -> Select[Notice]:
    """What happened last of a type; tests of it did not happen."""
    return (
        select(Notice)
        .where(Notice.type == event, ~Notice.data.has_key("_synthetic"))
        .order_by(Notice.id.desc())
        .limit(most)
    )


def on_its_way(endpoint_id: UUID) -> ColumnElement[bool]:
    """Whether a job will deliver it; after a restored export, pending deliveries have none."""
    receiver = func.coalesce(Job.receiver, Job.name)
    return exists().where(
        receiver == str(endpoint_id),
        Job.arguments["delivery_id"].astext == cast(WebhookDelivery.id, Text),
        Job.done_at.is_(None),
        Job.dead_at.is_(None),
    )


def identifiers(rows: Sequence[str]) -> list[UUID]:
    """Ids as jobs carry them."""
    return [UUID(row) for row in rows]
