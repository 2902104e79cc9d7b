"""One request, one transaction, one tenant."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.web.tenancy import TenantDeleted, TenantId, closed, refuse_closed
from shared.models.tenant import Tenant


async def transaction(request: Request, tenant_id: TenantId) -> AsyncIterator[AsyncSession]:
    """Commits before the response leaves; rolls back on any error answer."""
    request.state.tenant_id = tenant_id
    async with request.state.database.tenant_session(tenant_id) as session:
        request.state.session = session
        yield session


# scope="function": FastAPI's default would commit after the response was sent.
Session = Annotated[AsyncSession, Depends(transaction, scope="function")]


async def in_use(request: Request, session: Session) -> None:
    """For routes that anybody may call; of the others their callers are asked the same.

    Raises TenantDeleted, too: what a name meant is remembered for minutes, also where it is gone.
    """
    found = await session.execute(select(Tenant.id, closed().scalar_subquery()))
    if (row := found.one_or_none()) is None:
        raise TenantDeleted
    refuse_closed(request, row[1])


IN_USE = Depends(in_use)
