"""The addresses of a partner's own terms."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from api.access.audit import nothing_changed
from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.partner_terms import service
from api.features.partner_terms.errors import NothingGranted
from api.features.partner_terms.schemas import (
    Backfill,
    SnapshotAnswer,
    SnapshotDeleted,
    SnapshotPut,
)
from api.features.partners.for_others import UnknownPartner
from api.features.terms.for_others import AmountUnfit, EventTypesMissing
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(prefix="/partners", tags=["Partner terms"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.PARTNER_TERMS_READ)]
Writer = Annotated[Caller, needs(Permission.PARTNER_TERMS_WRITE)]


@router.get("/{id}/commission-snapshot", responses=problems(UnknownPartner))
async def get_commission_snapshot(id: UUID, _: Reader, session: Session) -> SnapshotAnswer:
    """What was agreed with this partner in place of the campaigns' terms."""
    return await service.show(session, id)


@router.put(
    "/{id}/commission-snapshot",
    responses=problems(UnknownPartner, NothingGranted, EventTypesMissing, AmountUnfit),
)
async def put_commission_snapshot(
    id: UUID, wanted: SnapshotPut, _: Writer, session: Session
) -> SnapshotAnswer:
    """Agree on other terms. What was earned before stays as it was."""
    return await service.put(session, id, wanted)


@router.delete("/{id}/commission-snapshot", responses=problems(UnknownPartner))
async def delete_commission_snapshot(id: UUID, _: Writer, session: Session) -> SnapshotDeleted:
    """Return to what the campaigns pay today. What was earned before stays as it was."""
    await service.clear(session, id)
    return SnapshotDeleted(ok=True)


@router.post("/backfill-commission-snapshots")
async def backfill_commission_snapshots(_: Writer, request: Request, session: Session) -> Backfill:
    """Say how partners stand. Every grant has terms since it began, so nothing is written."""
    nothing_changed(request)
    return await service.backfill(session)
