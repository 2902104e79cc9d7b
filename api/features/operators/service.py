"""The rules among operators; their sessions are pinned to the platform."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import NotFound
from api.features.operators.errors import LastOperator, OperatorExists
from shared.ids import new_id
from shared.models.operator import Operator
from shared.models.platform_sign_in import PlatformLink, PlatformSession


async def role_of(session: AsyncSession, email: str) -> str | None:
    """None for whoever is no operator, or no longer one."""
    role: str | None = await session.scalar(
        select(Operator.role).where(Operator.email == email, Operator.revoked_at.is_(None))
    )
    return role


async def add(session: AsyncSession, email: str, name: str, role: str) -> Operator:
    """A new operator, or one who was shut out and is let in again. Raises OperatorExists."""
    fresh = insert(Operator).values(id=new_id(), email=email, name=name, role=role)
    made: Operator | None = await session.scalar(
        fresh.on_conflict_do_update(
            index_elements=["email"],
            set_={"name": name, "role": role, "revoked_at": None},
            where=Operator.revoked_at.is_not(None),
        ).returning(Operator)
    )
    if made is None:
        raise OperatorExists
    return made


async def revoke(session: AsyncSession, operator_id: UUID) -> Operator:
    """Shuts the operator out at once. Of two who shut each other out, one stays."""
    active = select(Operator).where(Operator.revoked_at.is_(None)).order_by(Operator.id)
    # All of them, in one order, so that two at once can't each count the other.
    operators = list(await session.scalars(active.with_for_update()))
    found = next((one for one in operators if one.id == operator_id), None)
    if found is None:
        raise NotFound
    if not any(one.role == "admin" for one in operators if one is not found):
        raise LastOperator
    found.revoked_at = func.now()
    await _shut_out(session, found.email)
    await session.flush()
    await session.refresh(found)
    return found


async def _shut_out(session: AsyncSession, email: str) -> None:
    await session.execute(
        update(PlatformSession)
        .where(
            PlatformSession.email == email,
            PlatformSession.kind == "operator",
            PlatformSession.revoked_at.is_(None),
        )
        .values(revoked_at=func.now())
    )
    await session.execute(
        update(PlatformLink)
        .where(
            PlatformLink.email == email,
            PlatformLink.kind == "operator",
            PlatformLink.consumed_at.is_(None),
        )
        .values(consumed_at=func.now())
    )
