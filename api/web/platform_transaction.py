"""One request of the platform's own, one transaction: above all brands, or about a single one."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.ids import read_id

ABOUT_ONE = "/api/platform-admin/brands/"


async def platform_transaction(request: Request) -> AsyncIterator[AsyncSession]:
    """Commits before the response leaves; rolls back on any error answer.

    Below ABOUT_ONE the address names a brand: its rows are seen too, and no other's.
    """
    about_one = request.scope["path"].startswith(ABOUT_ONE)
    brand_id = read_id(request.path_params.get("id", "")) if about_one else None
    async with request.state.database.platform_session(brand_id) as session:
        request.state.platform = session
        request.state.brand_id = brand_id
        yield session


# scope="function": FastAPI's default would commit after the response was sent.
PlatformTransaction = Annotated[AsyncSession, Depends(platform_transaction, scope="function")]
