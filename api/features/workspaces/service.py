"""The rules of a person with several workspaces: which are theirs, and entering one."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import by_session
from api.access.platform import email_behind
from api.features.platform_sign_in.for_others import WORKSPACES
from api.features.sign_in.for_others import tenant_of_session
from api.features.workspaces.errors import NotAMember
from api.features.workspaces.schemas import (
    Home,
    NoHome,
    PlatformHome,
    Workspace,
    WorkspaceHome,
    WorkspaceList,
)
from api.settings import Settings
from shared.database import pin

SLUG = text("select slug from tenants")


async def workspaces_of(session: AsyncSession, email: str) -> WorkspaceList:
    """Those that run; a program that is about to be deleted too, for it can be restored."""
    rows = await session.execute(WORKSPACES, {"email": email})
    found = [
        Workspace(
            tenant_slug=row.slug,
            tenant_display_name=row.display_name,
            admin_id=row.admin_id,
            activated=row.activated,
            pending_deletion=row.pending_deletion,
        )
        for row in rows
    ]
    return WorkspaceList(email=email, workspaces=found)


async def membership(session: AsyncSession, email: str, slug: str) -> Row[Any]:
    """Which workspace, and which admin there. Raises NotAMember."""
    rows = (await session.execute(WORKSPACES, {"email": email})).all()
    found = next((row for row in rows if row.slug == slug), None)
    if found is None:
        raise NotAMember
    return found


async def home(
    session: AsyncSession, settings: Settings, in_workspace: str | None, on_platform: str | None
) -> Home:
    """Where whoever brings these cookies belongs."""
    tenant_id = await tenant_of_session(session, in_workspace) if in_workspace else None
    if in_workspace is not None and tenant_id is not None:
        await pin(session, tenant_id)
        caller = await by_session(session, in_workspace)
        if caller is not None and caller.role != "scoped":
            slug = str(await session.scalar(SLUG))
            place = f"/t/{slug}/" if settings.is_multi else "/"
            return WorkspaceHome(home=place, kind=caller.role, tenant_slug=slug)
    if on_platform is not None:
        email = await email_behind(session, "person", on_platform)
        if email is not None:
            return PlatformHome(home="/workspaces", kind="platform", email=email)
    return NoHome(home=None)
