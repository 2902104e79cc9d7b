"""Reads of whom the platform knows by an address."""

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.operator import Operator

WORKSPACES: TextClause = text("select * from workspaces_of(:email)")


async def has_workspace(session: AsyncSession, email: str) -> bool:
    """Whether the address is an admin's anywhere."""
    return (await session.execute(WORKSPACES, {"email": email})).first() is not None


async def operator_by(session: AsyncSession, email: str) -> Operator | None:
    found: Operator | None = await session.scalar(select(Operator).where(Operator.email == email))
    return found
