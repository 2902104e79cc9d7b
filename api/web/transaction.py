"""One request, one transaction, one tenant."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.web.tenancy import TenantId, closed, refuse_closed


async def transaction(request: Request, tenant_id: TenantId) -> AsyncIterator[AsyncSession]:
    """Commits before the response leaves; rolls back on any error answer."""
    request.state.tenant_id = tenant_id
    async with request.state.database.tenant_session(tenant_id) as session:
        request.state.session = session
        yield session


# scope="function": FastAPI's default would commit after the response was sent.
Session = Annotated[AsyncSession, Depends(transaction, scope="function")]


async def in_use(request: Request, session: Session) -> None:
    """For routes that anybody may call; of the others their callers are asked the same."""
    refuse_closed(request, await session.scalar(closed()))


IN_USE = Depends(in_use)
