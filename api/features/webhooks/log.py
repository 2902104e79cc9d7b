"""The delivery log: what was sent, sent again, and sent to try things out."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.notices.for_others import CATALOGUE
from api.features.webhooks.errors import DeliveryNotFound, EndpointInactive, EndpointMismatch
from api.features.webhooks.packing import message_id, payload
from api.features.webhooks.queries import delivery, latest, on_its_way
from api.features.webhooks.schemas import TEST, DeliveryOut, Replay, envelope
from api.features.webhooks.service import find
from api.jobs.enqueue import enqueue
from shared.clock import now
from shared.ids import new_id
from shared.models.notice import Notice
from shared.models.webhook import WebhookDelivery

SAMPLES = 3


def show(row: WebhookDelivery, notice: Notice) -> DeliveryOut:
    """A delivery as the wire shows it."""
    columns = {column.key: getattr(row, column.key) for column in WebhookDelivery.__table__.c}
    return DeliveryOut.model_validate(
        {**columns, "event_id": message_id(notice.id), "payload": payload(notice)}
    )


async def shown(session: AsyncSession, delivery_id: UUID) -> DeliveryOut:
    """Raises DeliveryNotFound."""
    row = (await session.execute(delivery(delivery_id))).one_or_none()
    if row is None:
        raise DeliveryNotFound
    found, _, notice = row
    return show(found, notice)


async def samples(session: AsyncSession, event: str) -> list[dict[str, Any]]:
    """The last few of a type, newest first; a made-up one where none has happened yet."""
    notices = list(await session.scalars(latest(event, SAMPLES)))
    if notices:
        return [payload(notice) for notice in notices]
    data = CATALOGUE[event].sample().model_dump(mode="json")
    return [envelope(message_id(new_id()), event, now(), data)]


async def prepare_test(session: AsyncSession, endpoint_id: UUID, event: str) -> UUID:
    """A delivery that never happened, of the same shape as those that did."""
    endpoint = await find(session, endpoint_id)
    if not endpoint.active:
        raise EndpointInactive
    if event == TEST:
        data = {
            "message": "This is a test of your webhook.",
            "endpointId": str(endpoint_id),
            "sentAt": now().isoformat().replace("+00:00", "Z"),
        }
    else:
        data = CATALOGUE[event].sample().model_dump(mode="json")
        data["_endpointId"] = str(endpoint_id)
    notice = Notice(id=new_id(), type=event, data={**data, "_synthetic": True})
    session.add(notice)
    await session.flush()
    made = WebhookDelivery(
        id=new_id(), endpoint_id=endpoint_id, notice_id=notice.id, event_type=event
    )
    session.add(made)
    await session.flush()
    return made.id


async def prepare_retry(session: AsyncSession, endpoint_id: UUID, delivery_id: UUID) -> None:
    """Makes a delivery ready to be sent once more, whatever came of it before."""
    row = (await session.execute(delivery(delivery_id))).one_or_none()
    if row is None:
        raise DeliveryNotFound
    found, endpoint, _ = row
    if found.endpoint_id != endpoint_id:
        raise EndpointMismatch
    if not endpoint.active:
        raise EndpointInactive
    await session.execute(
        update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(status="pending")
    )


async def replay(session: AsyncSession, endpoint_id: UUID, wanted: Replay) -> int:
    """Queues every delivery of a time range again but those on their way; answers how many."""
    endpoint = await find(session, endpoint_id)
    if not endpoint.active:
        raise EndpointInactive
    again = (
        update(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.created_at >= wanted.since,
            WebhookDelivery.created_at < wanted.until,
            (WebhookDelivery.status != "pending") | ~on_its_way(endpoint_id),
        )
        .values(status="pending", next_attempt_at=func.now())
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    )
    if wanted.status is not None:
        again = again.where(WebhookDelivery.status == wanted.status)
    ids = sorted(await session.scalars(again))
    for delivery_id in ids:
        await enqueue(
            session, "webhooks.deliver", receiver=str(endpoint_id), delivery_id=str(delivery_id)
        )
    return len(ids)
