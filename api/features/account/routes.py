"""The addresses of a workspace's end; they stay open while it is near."""

from typing import Annotated

from fastapi import APIRouter

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.account import service
from api.features.account.errors import (
    AlreadyPendingDeletion,
    ConfirmSlugMismatch,
    NotPendingDeletion,
    PendingObligations,
)
from api.features.account.schemas import (
    AccountDelete,
    AccountDeleted,
    AccountRestored,
    DeletionStatus,
)
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(prefix="/account", tags=["Account"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.ACCOUNT_READ)]
Deleter = Annotated[Caller, needs(Permission.ACCOUNT_DELETE)]


@router.post(
    "/delete", responses=problems(AlreadyPendingDeletion, ConfirmSlugMismatch, PendingObligations)
)
async def delete_account(wanted: AccountDelete, _: Deleter, session: Session) -> AccountDeleted:
    """Delete the whole workspace in thirty days; until then it can be restored, and nothing else."""
    return await service.delete(session, wanted)


@router.post("/restore", responses=problems(NotPendingDeletion))
async def restore_account(_: Deleter, session: Session) -> AccountRestored:
    """Keep the workspace after all: everything is as it was."""
    await service.restore(session)
    return AccountRestored(ok=True)


@router.get("/deletion-status")
async def get_deletion_status(_: Reader, session: Session) -> DeletionStatus:
    """Whether the workspace is about to be deleted, and since when."""
    return await service.status(session)
