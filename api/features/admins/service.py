"""The rules of admins: invite, revoke, reinstate; never oneself, and never the last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.errors import Unauthorized
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
from api.features.admins.queries import active_but, is_active, one_at_a_time
from api.features.admins.schemas import AdminCreate, AdminRevoke
from api.features.api_keys.for_others import keys_made_by, revoke_keys_made_by
from api.features.mail_settings.for_others import refuse_suppressed
from api.features.sign_in.for_others import end_sessions, invite_admin
from shared.models.admin import Admin
from shared.models.api_key import ApiKey


@dataclass(frozen=True, slots=True)
class Revoked:
    """When, and which keys the admin had made."""

    at: datetime
    keys: Sequence[ApiKey]


async def create(session: AsyncSession, wanted: AdminCreate) -> Admin:
    """An admin, and the mail that invites them."""
    admin: Admin | None = await session.scalar(
        insert(Admin)
        .values(email=wanted.email, name=wanted.name)
        .on_conflict_do_nothing(index_elements=["tenant_id", "email"])
        .returning(Admin)
    )
    if admin is None:
        raise AdminEmailTaken
    await invite_admin(session, admin.id)
    return admin


async def invite_again(session: AsyncSession, admin_id: UUID) -> None:
    """Another invitation, in place of the one before."""
    admin = await _get(session, admin_id)
    if admin.revoked_at is not None:
        raise AdminIsRevoked
    if admin.activated_at is not None:
        raise AdminActivated
    await refuse_suppressed(session, admin.email)
    await invite_admin(session, admin_id)


async def revoke(
    session: AsyncSession, caller: Caller, admin_id: UUID, wanted: AdminRevoke
) -> Revoked:
    """Shuts an admin out: no session, no link, and unless they are kept no key of theirs."""
    await one_at_a_time(session)
    if caller.admin_id is not None and not await is_active(session, caller.admin_id):
        # Shut out while this request waited.
        raise Unauthorized
    admin = await _get(session, admin_id)
    if admin.revoked_at is not None:
        raise AdminAlreadyRevoked
    if caller.admin_id == admin_id:
        raise CannotRevokeSelf
    if admin.activated_at is not None and not await active_but(session, admin_id):
        raise CannotRevokeLastActiveAdmin
    # Sessions first: a request of theirs may hold one while it asks for the admin's row.
    await end_sessions(session, "admin", admin_id)
    admin.revoked_at, admin.revoke_reason = func.now(), wanted.reason
    await session.flush()
    await session.refresh(admin, ["revoked_at"])
    found = revoke_keys_made_by if wanted.revoke_keys else keys_made_by
    keys = await found(session, admin_id)
    assert admin.revoked_at is not None  # noqa: S101  # just set
    return Revoked(admin.revoked_at, keys)


async def reinstate(session: AsyncSession, admin_id: UUID) -> None:
    """Lets an admin back in; what they had before stays dead."""
    reinstated = await session.scalar(
        update(Admin)
        .where(Admin.id == admin_id, Admin.revoked_at.is_not(None))
        .values(revoked_at=None, revoke_reason=None)
        .returning(Admin.id)
    )
    if reinstated is None:
        await _get(session, admin_id)
        raise AdminNotRevoked


async def _get(session: AsyncSession, admin_id: UUID) -> Admin:
    admin = await session.scalar(select(Admin).where(Admin.id == admin_id))
    if admin is None:
        raise AdminNotFound
    return admin
