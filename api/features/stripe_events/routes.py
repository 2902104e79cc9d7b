"""The address that Stripe calls, and the page of what has arrived there."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.errors import InvalidBody, TooLarge
from api.features.stripe_events import service
from api.features.stripe_events.errors import (
    InvalidSignature,
    MissingSignature,
    StripeEventNotFound,
    WebhooksNotConfigured,
)
from api.features.stripe_events.handling import handling_of
from api.features.stripe_events.heard import Heard, heard, storable
from api.features.stripe_events.queries import events
from api.features.stripe_events.schemas import (
    Status,
    StripeEventDetail,
    StripeEventList,
    StripeEventOut,
    StripeEventReplayed,
    StripeEventShown,
    StripeEventsReplayed,
    Taken,
)
from api.features.stripe_events.signatures import families, wanted_family
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.stripe_event import StripeEvent

# No session and no key: whoever holds a signing secret is Stripe.
webhook = APIRouter(tags=["Stripe"])
router = APIRouter(tags=["Stripe"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.STRIPE_EVENTS_READ)]
Player = Annotated[Caller, needs(Permission.STRIPE_EVENTS_REPLAY)]
Wanted = Annotated[Page, Depends(page)]


@webhook.post(
    "/webhooks/stripe",
    responses=problems(
        MissingSignature, InvalidSignature, InvalidBody, TooLarge, WebhooksNotConfigured
    ),
)
async def take_stripe_event(request: Request) -> Taken:
    """Where Stripe tells us what happened: the event is kept and answered at once, and understood later."""
    settings = request.state.settings
    body, header = await request.body(), request.headers.get("stripe-signature")
    signed_for = families(settings, body, header)
    said = _read(body)
    if signed_for.isdisjoint({"any", wanted_family(said.type, said.account)}):
        return service.skipped("secret_family_mismatch")
    if handling_of(said) is None:
        return service.skipped("type_not_handled")
    return await service.take(request.state.database, settings, said)


def _read(body: bytes) -> Heard:
    try:
        return heard(storable(json.loads(body)))
    except (ValueError, RecursionError) as problem:
        raise InvalidBody(detail={"formErrors": [str(problem)], "fieldErrors": {}}) from problem


@router.get("/stripe-events", responses=problems(InvalidCursor))
async def list_stripe_events(
    _: Reader,
    session: Session,
    wanted: Wanted,
    status: Annotated[Status | None, Query(description="`failed` is what is stuck.")] = None,
    type: Annotated[str | None, Query(max_length=255)] = None,
    object_id: Annotated[
        str | None, Query(alias="objectId", max_length=255, description="Of a charge, an invoice …")
    ] = None,
) -> StripeEventList:
    """What Stripe told us, newest first, and what became of it."""
    query = events(status=status, type=type, object_id=object_id)
    rows, following = await fetch_page(session, query, StripeEvent, wanted)
    return StripeEventList(
        stripe_events=[StripeEventOut.model_validate(row) for (row,) in rows],
        next_cursor=following,
    )


@router.post("/stripe-events/replay")
async def replay_stripe_events(_: Player, session: Session) -> StripeEventsReplayed:
    """Try everything again that is stuck. What was done already is not done twice."""
    return StripeEventsReplayed(ok=True, replayed=await service.replay_failed(session))


@router.get("/stripe-events/{id}", responses=problems(StripeEventNotFound))
async def get_stripe_event(id: UUID, _: Reader, session: Session) -> StripeEventShown:
    """One of them, with what Stripe sent."""
    found = await service.find(session, id)
    return StripeEventShown(stripe_event=StripeEventDetail.model_validate(found))


@router.post("/stripe-events/{id}/replay", responses=problems(StripeEventNotFound))
async def replay_stripe_event(id: UUID, _: Player, session: Session) -> StripeEventReplayed:
    """Understand one again. What was done already is not done twice."""
    found = await service.replay(session, id)
    return StripeEventReplayed(ok=True, stripe_event=StripeEventOut.model_validate(found))
