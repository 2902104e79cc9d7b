"""Reads and writes the setting `program_settings`."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.setting import Setting
from shared.models.tenant import Tenant

KEY = "program_settings"


async def program_name(session: AsyncSession) -> str:
    """What the program calls itself; the workspace's name until somebody says."""
    name = Setting.value["programName"].astext
    query = select(func.coalesce(name, Tenant.display_name)).select_from(Tenant)
    found = await session.scalar(query.outerjoin(Setting, Setting.key == KEY))
    return str(found)


async def save(session: AsyncSession, name: str | None, support_email: str | None) -> None:
    """Replaces both; None clears."""
    await write_setting(session, KEY, {"programName": name, "supportEmail": support_email})


async def write_setting(session: AsyncSession, key: str, value: dict[str, Any]) -> None:
    """One statement, whether the setting is there or not."""
    fresh = insert(Setting).values(key=key, value=value)
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["tenant_id", "key"],
            set_={"value": fresh.excluded.value, "updated_at": func.now()},
        )
    )
