"""Reads of who already runs the installation."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.admin import Admin
from shared.models.setting import Setting


async def has_active_admin(session: AsyncSession) -> bool:
    """Whether anybody can run this installation."""
    active = Admin.activated_at.is_not(None) & Admin.revoked_at.is_(None)
    return await session.scalar(select(Admin.id).where(active).limit(1)) is not None


async def every_admin(session: AsyncSession) -> list[Admin]:
    return list(await session.scalars(select(Admin)))


async def settings_now(session: AsyncSession, *keys: str) -> list[Setting]:
    return list(await session.scalars(select(Setting).where(Setting.key.in_(keys))))


async def set_up_admin(session: AsyncSession, key: str) -> UUID | None:
    """Whom the last set-up was for, as it noted under this key."""
    noted = await session.scalar(select(Setting.value).where(Setting.key == key))
    return UUID(noted["adminId"]) if noted else None
