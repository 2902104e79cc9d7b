"""Reads and writes the setting `program_settings`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.program_settings.queries import KEY, workspace_with_program
from api.features.program_settings.schemas import ProgramOut, ProgramUpdate
from api.settings import Settings
from shared.models.setting import Setting

COLOR = "#0f766e"


@dataclass(frozen=True, slots=True)
class Look:
    """What a letter needs to look like the program's own."""

    program: str
    color: str = COLOR
    logo_url: str | None = None
    support_email: str | None = None


async def program_name(session: AsyncSession) -> str:
    """What the program calls itself; the workspace's name until somebody says."""
    tenant, setting = (await session.execute(workspace_with_program())).one()
    return _name(tenant.display_name, setting)


async def show(session: AsyncSession, settings: Settings) -> ProgramOut:
    """The settings as everybody of the program may see them."""
    tenant, setting = (await session.execute(workspace_with_program())).one()
    stored = setting.value if setting else {}
    return ProgramOut(
        program_name=_name(tenant.display_name, setting),
        support_email=stored.get("supportEmail"),
        logo_url=_logo_url(settings, tenant.id, stored.get("logo")),
        brand_color=stored.get("brandColor"),
        terms_url=stored.get("termsUrl"),
    )


async def look_of(session: AsyncSession, settings: Settings) -> Look:
    """How the program's letters look."""
    shown = await show(session, settings)
    return Look(shown.program_name, shown.brand_color or COLOR, shown.logo_url, shown.support_email)


async def change(session: AsyncSession, wanted: ProgramUpdate) -> None:
    """Replaces name and support address; of the rest only what was named."""
    value: dict[str, Any] = {
        "programName": wanted.program_name,
        "supportEmail": wanted.support_email,
    }
    named = wanted.model_fields_set
    if "brand_color" in named:
        value["brandColor"] = wanted.brand_color
    if "terms_url" in named:
        value["termsUrl"] = wanted.terms_url
    if wanted.logo_url is not None:
        value["logo"] = None
    await change_setting(session, KEY, value)


async def save(session: AsyncSession, name: str | None, support_email: str | None) -> None:
    """Name and support address alone; None clears."""
    await change_setting(session, KEY, {"programName": name, "supportEmail": support_email})


async def set_logo(session: AsyncSession, settings: Settings, tenant_id: UUID, name: str) -> str:
    """An upload of this name is the logo from now on; its address."""
    await change_setting(session, KEY, {"logo": name})
    return f"{_folder(settings, tenant_id)}/{name}"


async def write_setting(session: AsyncSession, key: str, value: dict[str, Any]) -> None:
    """One statement, whether the setting is there or not."""
    fresh = insert(Setting).values(key=key, value=value)
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["tenant_id", "key"],
            set_={"value": fresh.excluded.value, "updated_at": func.now()},
        )
    )


async def change_setting(session: AsyncSession, key: str, value: dict[str, Any]) -> None:
    """The same for some fields of a setting; the others stay, also under two changes at once."""
    fresh = insert(Setting).values(key=key, value=value)
    await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["tenant_id", "key"],
            set_={
                "value": Setting.value.concat(fresh.excluded.value),
                "updated_at": func.now(),
            },
        )
    )


def _name(display_name: str, setting: Setting | None) -> str:
    return (setting.value.get("programName") if setting else None) or display_name


def _folder(settings: Settings, tenant_id: UUID) -> str:
    return f"{settings.api_url}/uploads/tenants/{tenant_id}/logos"


def _logo_url(settings: Settings, tenant_id: UUID, name: str | None) -> str | None:
    """The name alone is stored, so that settings stay right where they are brought elsewhere."""
    return f"{_folder(settings, tenant_id)}/{name}" if name else None
