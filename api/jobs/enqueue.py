"""Jobs wait in the database, so they commit or vanish with the work that asked for them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.job import Job


async def enqueue(
    session: AsyncSession,
    name: str,
    *,
    receiver: str | None = None,
    delay: timedelta | None = None,
    **arguments: Any,
) -> None:
    """`arguments` must be JSON; `receiver` names who gets it, so that none is flooded."""
    session.add(
        Job(
            name=name,
            arguments=arguments,
            receiver=receiver,
            run_at=func.now() + delay if delay else func.now(),
        )
    )
    await session.flush()
