"""Reads of mail settings and refused addresses."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.admin import Admin
from shared.models.mail_suppression import MailSuppression
from shared.models.setting import Setting

KEY = "mail_settings"


async def stored_settings(session: AsyncSession, *, for_update: bool = False) -> dict[str, Any]:
    """Empty where nothing was saved."""
    query = select(Setting.value).where(Setting.key == KEY)
    value: dict[str, Any] | None = await session.scalar(
        query.with_for_update() if for_update else query
    )
    return value or {}


def suppressions() -> Select[MailSuppression]:
    """Every address that was refused for good."""
    return select(MailSuppression)


def addresses_of_admins() -> Select[str]:
    """Where those who run the program read their mail."""
    return select(Admin.email).where(Admin.activated_at.is_not(None), Admin.revoked_at.is_(None))
