"""The addresses of webhooks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access.caller import Caller
from api.access.idempotency import ONCE, ONCE_SEALED, RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.access.sealing import Sealer
from api.errors import InvalidQuery, NotFound
from api.features.notices.for_others import CATALOGUE
from api.features.webhooks import log, service
from api.features.webhooks.attempt import send
from api.features.webhooks.errors import (
    DeliveryNotFound,
    EndpointInactive,
    EndpointMismatch,
    EndpointNotFound,
)
from api.features.webhooks.packing import pack, take
from api.features.webhooks.queries import deliveries, endpoints
from api.features.webhooks.schemas import (
    TEST,
    Deleted,
    DeliveryList,
    DeliveryOut,
    DeliveryShown,
    EndpointCreate,
    EndpointList,
    EndpointMade,
    EndpointShown,
    EndpointUpdate,
    Replay,
    Replayed,
    Sample,
    Tested,
)
from api.jobs.batches import Batches
from api.web.destinations import UrlRefused, refuse_url
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.webhook import WebhookDelivery, WebhookEndpoint

router = APIRouter(tags=["Webhooks"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.WEBHOOKS_READ)]
Subscriber = Annotated[Caller, needs(Permission.WEBHOOKS_SUBSCRIBE)]
Writer = Annotated[Caller, needs(Permission.WEBHOOKS_WRITE)]
Tester = Annotated[Caller, needs(Permission.WEBHOOKS_WRITE, apart=True)]
Wanted = Annotated[Page, Depends(page)]


@router.get("/webhooks", responses=problems(InvalidCursor))
async def list_webhooks(_: Reader, session: Session, wanted: Wanted) -> EndpointList:
    """Every endpoint that was not deleted, newest first."""
    rows, following = await fetch_page(session, endpoints(), WebhookEndpoint, wanted)
    return EndpointList(
        endpoints=[service.show(endpoint) for (endpoint,) in rows], next_cursor=following
    )


@router.post(
    "/webhooks", status_code=201, dependencies=[ONCE_SEALED], responses=problems(UrlRefused)
)
async def subscribe_webhook(
    wanted: EndpointCreate, _: Subscriber, session: Session, request: Request
) -> EndpointMade:
    """Subscribe an address to events. The secret is shown this once."""
    refuse_url(request, wanted.url)
    sealer = Sealer.of(request.state.settings)
    endpoint, secret = await service.subscribe(session, sealer, request.state.tenant_id, wanted)
    return EndpointMade(endpoint=service.show(endpoint), secret=secret)


@router.get("/webhooks/samples/{event}")
async def list_webhook_samples(event: str, _: Subscriber, session: Session) -> list[Sample]:
    """The last news of a type, newest first, as endpoints get it; made up where there is none yet."""
    if event not in CATALOGUE:
        raise NotFound
    return [Sample.model_validate(item) for item in await log.samples(session, event)]


@router.get("/webhooks/{id}", responses=problems(EndpointNotFound))
async def get_webhook(id: UUID, _: Reader, session: Session) -> EndpointShown:
    """One endpoint."""
    return EndpointShown(endpoint=service.show(await service.find(session, id)))


@router.patch("/webhooks/{id}", responses=problems(EndpointNotFound, UrlRefused))
async def change_webhook(
    id: UUID, wanted: EndpointUpdate, _: Writer, session: Session, request: Request
) -> EndpointShown:
    """Change an endpoint, or switch it off or on."""
    if wanted.url is not None:
        refuse_url(request, wanted.url)
    return EndpointShown(endpoint=service.show(await service.change(session, id, wanted)))


@router.delete("/webhooks/{id}")
async def unsubscribe_webhook(id: UUID, _: Subscriber, session: Session) -> Deleted:
    """Unsubscribe; answers the same when it was already."""
    await service.unsubscribe(session, id)
    return Deleted(ok=True)


@router.post(
    "/webhooks/{id}/rotate-secret", dependencies=[ONCE_SEALED], responses=problems(EndpointNotFound)
)
async def rotate_webhook_secret(
    id: UUID, _: Writer, session: Session, request: Request
) -> EndpointMade:
    """A new secret; the old one goes on signing beside it for 24 hours."""
    sealer = Sealer.of(request.state.settings)
    endpoint, secret = await service.rotate(session, sealer, request.state.tenant_id, id)
    return EndpointMade(endpoint=service.show(endpoint), secret=secret)


@router.get("/webhooks/{id}/deliveries", responses=problems(EndpointNotFound, InvalidCursor))
async def list_webhook_deliveries(
    id: UUID, _: Reader, session: Session, wanted: Wanted
) -> DeliveryList:
    """What was sent to an endpoint, newest first."""
    await service.find(session, id)
    rows, following = await fetch_page(session, deliveries(id), WebhookDelivery, wanted)
    return DeliveryList(
        deliveries=[log.show(row, notice) for row, notice in rows], next_cursor=following
    )


@router.post("/webhooks/{id}/test", responses=problems(EndpointNotFound, EndpointInactive))
async def send_test_webhook(
    id: UUID,
    _: Tester,
    request: Request,
    event: Annotated[str, Query(max_length=80, description="Any type of the catalogue.")] = TEST,
) -> Tested:
    """Send one now, of any type, whether it is subscribed to or not."""
    if event != TEST and event not in CATALOGUE:
        raise InvalidQuery(
            detail={"formErrors": [], "fieldErrors": {"event": ["is no event of ours"]}}
        )
    state = request.state
    async with state.database.tenant_session(state.tenant_id) as session:
        delivery_id = await log.prepare_test(session, id, event)
    return Tested(delivery=await send_now(request, delivery_id), event=event)


@router.post(
    "/webhooks/{id}/deliveries/{deliveryId}/retry",
    responses=problems(DeliveryNotFound, EndpointInactive, EndpointMismatch),
)
async def retry_webhook_delivery(
    id: UUID,
    delivery_id: Annotated[UUID, Path(alias="deliveryId")],
    _: Tester,
    request: Request,
) -> DeliveryShown:
    """Send one delivery again, now."""
    state = request.state
    async with state.database.tenant_session(state.tenant_id) as session:
        await log.prepare_retry(session, id, delivery_id)
    return DeliveryShown(delivery=await send_now(request, delivery_id))


@router.post(
    "/webhooks/{id}/replay",
    dependencies=[ONCE],
    responses=problems(EndpointNotFound, EndpointInactive),
)
async def replay_webhook(id: UUID, wanted: Replay, _: Writer, session: Session) -> Replayed:
    """Send everything of a time range again, in order."""
    return Replayed(count=await log.replay(session, id, wanted))


async def send_now(request: Request, delivery_id: UUID) -> DeliveryOut:
    """One attempt in line, with no transaction open while it lasts."""
    state = request.state
    batches = Batches(state.database)
    row = await batches.take(state.tenant_id, take, delivery_id)
    if row is not None:
        parcel = pack(Sealer.of(state.settings), state.tenant_id, row)
        await send(batches, state.tenant_id, state.outbound, parcel)
    async with state.database.tenant_session(state.tenant_id, read_only=True) as session:
        return await log.shown(session, delivery_id)
