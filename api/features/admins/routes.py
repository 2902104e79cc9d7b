"""The addresses of admins."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.access.caller import Caller
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.admins import service
from api.features.admins.errors import (
    AdminActivated,
    AdminAlreadyRevoked,
    AdminEmailTaken,
    AdminIsRevoked,
    AdminNotFound,
    AdminNotRevoked,
    CannotRevokeLastActiveAdmin,
    CannotRevokeSelf,
)
from api.features.admins.queries import every_admin
from api.features.admins.schemas import (
    AdminCreate,
    AdminInvited,
    AdminList,
    AdminOut,
    AdminReinstated,
    AdminRevocation,
    AdminRevoke,
    KeyLeft,
)
from api.features.mail_settings.for_others import MailSendFailed
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.admin import Admin

router = APIRouter(prefix="/admins", tags=["Admins"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.ADMINS_READ)]
Writer = Annotated[Caller, needs(Permission.ADMINS_WRITE)]
# Looked up in a transaction of its own: seeing somebody locks their session, and two who revoke
# each other would each wait for the other's.
Revoker = Annotated[Caller, needs(Permission.ADMINS_WRITE, apart=True)]


@router.get("", responses=problems(InvalidCursor))
async def list_admins(
    _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> AdminList:
    """Everybody who runs the program, newest first, invited and revoked ones too."""
    rows, following = await fetch_page(session, every_admin(), Admin, wanted)
    return AdminList(
        admins=[AdminOut.model_validate(admin) for (admin,) in rows], next_cursor=following
    )


@router.post("", status_code=201, dependencies=[ONCE], responses=problems(AdminEmailTaken))
async def create_admin(wanted: AdminCreate, _: Writer, session: Session) -> AdminOut:
    """Invite somebody to run the program."""
    return AdminOut.model_validate(await service.create(session, wanted))


@router.post(
    "/{id}/invite",
    responses=problems(AdminNotFound, AdminIsRevoked, AdminActivated, MailSendFailed),
)
async def invite_admin_again(id: UUID, _: Writer, session: Session) -> AdminInvited:
    """Send the invitation once more; the link of the one before no longer works."""
    await service.invite_again(session, id)
    return AdminInvited(ok=True)


@router.post(
    "/{id}/revoke",
    responses=problems(
        AdminNotFound, AdminAlreadyRevoked, CannotRevokeSelf, CannotRevokeLastActiveAdmin
    ),
)
async def revoke_admin(
    id: UUID, caller: Revoker, session: Session, wanted: AdminRevoke | None = None
) -> AdminRevocation:
    """Shut an admin out at once: signed out everywhere, and their keys revoked unless you keep them."""
    revoked = await service.revoke(session, caller, id, wanted or AdminRevoke())
    keys = [KeyLeft.model_validate(key) for key in revoked.keys]
    return AdminRevocation(ok=True, revoked_at=revoked.at, keys=keys)


@router.post("/{id}/reinstate", responses=problems(AdminNotFound, AdminNotRevoked))
async def reinstate_admin(id: UUID, _: Writer, session: Session) -> AdminReinstated:
    """Let an admin back in; sessions and keys from before stay dead."""
    await service.reinstate(session, id)
    return AdminReinstated(ok=True)
