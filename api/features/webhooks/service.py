"""The rules of endpoints: subscribe, change, unsubscribe, rotate."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer, in_row
from api.features.webhooks.errors import EndpointNotFound
from api.features.webhooks.queries import endpoints
from api.features.webhooks.schemas import EndpointCreate, EndpointOut, EndpointUpdate
from api.features.webhooks.signing import SHOWN, new_secret
from shared.clock import now
from shared.ids import new_id
from shared.models.webhook import WebhookEndpoint

SEALED_FIELD = "webhook_endpoints.secrets"
OVERLAP = timedelta(hours=24)
MOST_SECRETS = 10


async def subscribe(
    session: AsyncSession, sealer: Sealer, tenant_id: UUID, wanted: EndpointCreate
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which nobody sees again."""
    secret, endpoint_id = new_secret(), new_id()
    sealed = sealer.seal(secret, tenant_id, in_row(SEALED_FIELD, endpoint_id))
    endpoint = WebhookEndpoint(
        id=endpoint_id,
        url=wanted.url,
        events=list(wanted.events),
        label=wanted.label,
        secret_prefix=secret[:SHOWN],
        secrets=[{"sealed": sealed, "until": None}],
    )
    session.add(endpoint)
    await session.flush()
    return endpoint, secret


async def find(
    session: AsyncSession, endpoint_id: UUID, *, for_update: bool = False
) -> WebhookEndpoint:
    """Raises EndpointNotFound; deleted ones are not found either."""
    query = endpoints().where(WebhookEndpoint.id == endpoint_id)
    found: WebhookEndpoint | None = await session.scalar(
        query.with_for_update() if for_update else query
    )
    if found is None:
        raise EndpointNotFound
    return found


async def change(
    session: AsyncSession, endpoint_id: UUID, wanted: EndpointUpdate
) -> WebhookEndpoint:
    """Changes what was named; switching on again forgives past failures."""
    endpoint = await find(session, endpoint_id, for_update=True)
    named = wanted.model_fields_set
    if wanted.url is not None:
        endpoint.url = wanted.url
    if wanted.events is not None:
        endpoint.events = list(wanted.events)
    if "label" in named:
        endpoint.label = wanted.label
    if wanted.active is not None:
        endpoint.active = wanted.active
        endpoint.disabled_at = endpoint.disabled_reason = endpoint.failing_since = None
        endpoint.failures = 0
    await session.flush()
    return endpoint


async def unsubscribe(session: AsyncSession, endpoint_id: UUID) -> None:
    """Deletes softly: the log stays, nothing is sent any more; doing it twice is fine."""
    await session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.deleted_at.is_(None))
        .values(active=False, deleted_at=func.now())
    )


async def rotate(
    session: AsyncSession, sealer: Sealer, tenant_id: UUID, endpoint_id: UUID
) -> tuple[WebhookEndpoint, str]:
    """A new secret; the one before signs beside it for 24 hours, so that receivers can follow."""
    endpoint = await find(session, endpoint_id, for_update=True)
    database_now: datetime = (await session.execute(select(func.now()))).scalar_one()
    ends = (database_now + OVERLAP).isoformat()
    older = [
        {**held, "until": held["until"] or ends}
        for held in endpoint.secrets
        if held["until"] is None or datetime.fromisoformat(held["until"]) > database_now
    ]
    secret = new_secret()
    sealed = sealer.seal(secret, tenant_id, in_row(SEALED_FIELD, endpoint_id))
    fresh = {"sealed": sealed, "until": None}
    endpoint.secrets = [fresh, *older][:MOST_SECRETS]
    endpoint.secret_prefix = secret[:SHOWN]
    await session.flush()
    return endpoint, secret


def valid_secrets(
    sealer: Sealer, tenant_id: UUID, endpoint_id: UUID, secrets: list[dict[str, Any]]
) -> list[str]:
    """What signs at this moment, the newest first."""
    moment, field = now(), in_row(SEALED_FIELD, endpoint_id)
    return [
        sealer.unseal(held["sealed"], tenant_id, field)
        for held in secrets
        if held["until"] is None or datetime.fromisoformat(held["until"]) > moment
    ]


def show(endpoint: WebhookEndpoint) -> EndpointOut:
    """The endpoint as the wire shows it."""
    if endpoint.deleted_at is not None:
        status = "deleted"
    elif not endpoint.active:
        status = "disabled"
    else:
        status = "failing" if endpoint.failing_since is not None else "active"
    columns = {column.key: getattr(endpoint, column.key) for column in WebhookEndpoint.__table__.c}
    return EndpointOut.model_validate({**columns, "status": status})
