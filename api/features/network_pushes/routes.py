"""The addresses of pushes: what the network has yet to hear."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.network.for_others import NetworkNotConfigured
from api.features.network_pushes import service
from api.features.network_pushes.errors import PushNotDead, PushNotFound
from api.features.network_pushes.queries import pushes
from api.features.network_pushes.schemas import Backfilled, PushList, PushOut, PushStatus
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.network import NetworkPush

router = APIRouter(tags=["Network"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.NETWORK_READ)]
Writer = Annotated[Caller, needs(Permission.NETWORK_WRITE)]


@router.get("/admin/network/pushes", responses=problems(InvalidCursor))
async def list_network_pushes(
    _: Reader,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    status: Annotated[PushStatus | None, Query(description="Only those that stand so.")] = None,
) -> PushList:
    """What the network has yet to hear, newest first; `dead` is what it could not be told."""
    rows, following = await fetch_page(session, pushes(status), NetworkPush, wanted)
    return PushList(
        pushes=[PushOut.model_validate(found) for (found,) in rows], next_cursor=following
    )


@router.post("/admin/network/pushes/{id}/retry", responses=problems(PushNotFound, PushNotDead))
async def retry_network_push(id: UUID, _: Writer, session: Session) -> PushOut:
    """Tell the network once more what it could not be told."""
    return PushOut.model_validate(await service.retry(session, id))


@router.post("/config/network/backfill", responses=problems(NetworkNotConfigured))
async def backfill_network(_: Writer, session: Session) -> Backfilled:
    """Tell the network of every partner, 500 at a time."""
    return await service.backfill(session)
