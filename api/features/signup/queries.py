"""Reads of a workspace that somebody signed up before and never entered."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.admin import Admin
from shared.models.tenant import Tenant


async def abandoned_by(session: AsyncSession, email: str) -> tuple[Tenant, Admin] | None:
    """The pinned workspace and its admin of this address, as long as nobody ever entered it."""
    tenant = await session.scalar(select(Tenant).where(Tenant.status == "active"))
    admins = list(await session.scalars(select(Admin)))
    if tenant is None or any(admin.activated_at is not None for admin in admins):
        return None
    mine = [admin for admin in admins if admin.email == email and admin.revoked_at is None]
    return (tenant, mine[0]) if mine else None
