"""The addresses of postbacks: a partner's own, or any for an admin."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from api.access.caller import Caller
from api.access.idempotency import ONCE_SEALED, RememberingRoute
from api.access.needs import owns
from api.access.permissions import Permission
from api.access.sealing import Sealer
from api.features.postbacks import service
from api.features.postbacks.attempt import fire, load
from api.features.postbacks.errors import PartnerNotFound, PostbackNotFound
from api.features.postbacks.macros import FIELDS, PRESETS
from api.features.postbacks.queries import firings, postbacks_of
from api.features.postbacks.schemas import (
    SUPPORTED,
    CommissionEvent,
    Fired,
    FiringList,
    FiringOut,
    PostbackCreate,
    PostbackList,
    PostbackMade,
    PostbackOut,
    PostbackUpdate,
)
from api.web.destinations import UrlRefused, refuse_url
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.postback import PartnerPostback, PostbackDelivery

router = APIRouter(tags=["Postbacks"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.POSTBACKS_READ)]
Writer = Annotated[Caller, owns(Permission.POSTBACKS_WRITE)]
Tester = Annotated[Caller, owns(Permission.POSTBACKS_WRITE, apart=True)]
Wanted = Annotated[Page, Depends(page)]


@router.get("/partners/{id}/postbacks", responses=problems(PartnerNotFound, InvalidCursor))
async def list_postbacks(id: UUID, _: Reader, session: Session, wanted: Wanted) -> PostbackList:
    """A partner's postbacks, newest first, with what they can fire for."""
    await service.refuse_unknown(session, id)
    rows, following = await fetch_page(session, postbacks_of(id), PartnerPostback, wanted)
    return PostbackList(
        postbacks=[PostbackOut.model_validate(row) for (row,) in rows],
        next_cursor=following,
        supported_events=list(SUPPORTED),
        macros=list(FIELDS),
        presets=PRESETS,
    )


@router.post(
    "/partners/{id}/postbacks",
    status_code=201,
    dependencies=[ONCE_SEALED],
    responses=problems(PartnerNotFound, UrlRefused),
)
async def add_postback(
    id: UUID, wanted: PostbackCreate, _: Writer, session: Session, request: Request
) -> PostbackMade:
    """Tell the partner's tracker of their commissions from now on."""
    refuse_url(request, wanted.url)
    sealer = Sealer.of(request.state.settings)
    made, secret = await service.add(session, sealer, request.state.tenant_id, id, wanted)
    shown = PostbackOut.model_validate(made).model_dump()
    return PostbackMade.model_validate({**shown, "secret": secret})


@router.patch(
    "/partners/{id}/postbacks/{postbackId}", responses=problems(PostbackNotFound, UrlRefused)
)
async def change_postback(
    id: UUID,
    postback_id: Annotated[UUID, Path(alias="postbackId")],
    wanted: PostbackUpdate,
    _: Writer,
    session: Session,
    request: Request,
) -> PostbackOut:
    """Change a postback, or switch it off or on."""
    if wanted.url is not None:
        refuse_url(request, wanted.url)
    changed = await service.change(session, id, postback_id, wanted)
    return PostbackOut.model_validate(changed)


@router.delete(
    "/partners/{id}/postbacks/{postbackId}",
    status_code=204,
    responses=problems(PostbackNotFound),
)
async def delete_postback(
    id: UUID, postback_id: Annotated[UUID, Path(alias="postbackId")], _: Writer, session: Session
) -> None:
    """Stop telling this tracker."""
    await service.delete(session, id, postback_id)


@router.get(
    "/partners/{id}/postbacks/{postbackId}/deliveries",
    responses=problems(PostbackNotFound, InvalidCursor),
)
async def list_postback_deliveries(
    id: UUID,
    postback_id: Annotated[UUID, Path(alias="postbackId")],
    _: Reader,
    session: Session,
    wanted: Wanted,
) -> FiringList:
    """Every firing with the address as it was called, newest first."""
    await service.find(session, id, postback_id)
    rows, following = await fetch_page(session, firings(postback_id), PostbackDelivery, wanted)
    return FiringList(
        deliveries=[FiringOut.model_validate(row) for (row,) in rows], next_cursor=following
    )


@router.post("/partners/{id}/postbacks/{postbackId}/test", responses=problems(PostbackNotFound))
async def fire_postback_test(
    id: UUID,
    postback_id: Annotated[UUID, Path(alias="postbackId")],
    _: Tester,
    request: Request,
    event: Annotated[CommissionEvent, Query()] = "commission.accrued",
) -> Fired:
    """Fire once now, with data that never happened."""
    state = request.state
    sealer = Sealer.of(state.settings)
    async with state.database.tenant_session(state.tenant_id) as session:
        postback = await service.find(session, id, postback_id)
        delivery_id = await service.make_test(session, sealer, state.tenant_id, postback, event)
    shot = await load(state.database, state.tenant_id, delivery_id)
    if shot is not None:
        await fire(state.database, state.tenant_id, state.outbound, shot, last=True)
    async with state.database.tenant_session(state.tenant_id, read_only=True) as session:
        query = firings(postback_id).where(PostbackDelivery.id == delivery_id)
        return Fired(delivery=FiringOut.model_validate(await session.scalar(query)))
