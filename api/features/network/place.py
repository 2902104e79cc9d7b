"""Where a call to the network happens: a workspace, and what is at hand to speak for it."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.outside.http import OutboundClient
from api.settings import Settings
from shared.database import Database
from shared.models.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Place:
    """Nothing in it holds a transaction: each step opens one and closes it before the next."""

    database: Database
    settings: Settings
    outbound: OutboundClient
    tenant_id: UUID

    @classmethod
    def of(cls, request: Request) -> "Place":
        """The workspace of a request, whose caller was found apart."""
        state = request.state
        return cls(state.database, state.settings, state.outbound, state.tenant_id)


async def workspace(session: AsyncSession) -> Tenant:
    """The pinned tenant itself."""
    return (await session.scalars(select(Tenant))).one()


def callback_url(settings: Settings, slug: str) -> str:
    """Where the link in the network's mail leads."""
    workspace = f"/t/{slug}" if settings.is_multi else ""
    return f"{settings.people_url}{workspace}/admin/network/complete"
