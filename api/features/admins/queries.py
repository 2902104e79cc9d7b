"""Reads of admins, and the lock under which they are counted."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.admin import Admin
from shared.models.tenant import Tenant

ACTIVE = Admin.activated_at.is_not(None) & Admin.revoked_at.is_(None)


def every_admin() -> Select[Admin]:
    """All of them, invited and revoked ones too."""
    return select(Admin)


async def one_at_a_time(session: AsyncSession) -> None:
    """Whoever shuts an admin out waits here for whoever else does, before looking at anybody.

    The workspace's row and no admin's, so that there is only one order and nobody waits in a ring;
    and no stronger than it must be, since every new row of the workspace refers to this one.
    """
    await session.execute(select(Tenant.id).with_for_update(key_share=True))


async def is_active(session: AsyncSession, admin_id: UUID) -> bool:
    return await session.scalar(select(Admin.id).where(ACTIVE, Admin.id == admin_id)) is not None


async def active_but(session: AsyncSession, admin_id: UUID) -> int:
    """How many could still sign in without this one."""
    query = select(func.count()).select_from(Admin).where(ACTIVE, Admin.id != admin_id)
    return await session.scalar(query) or 0
