"""The rules of the blocklist; its sessions are pinned to the platform."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import NotFound
from shared.ids import new_id
from shared.models.signup_block import SignupBlock


async def is_blocked(session: AsyncSession, email: str) -> bool:
    """Whether the address, its domain or a domain above that is on the list."""
    domain = email.rpartition("@")[2]
    parts = domain.split(".")
    above = [".".join(parts[place:]) for place in range(len(parts))]
    query = select(SignupBlock.id).where(
        ((SignupBlock.kind == "email") & (SignupBlock.value == email))
        | ((SignupBlock.kind == "domain") & SignupBlock.value.in_(above))
    )
    return await session.scalar(query.limit(1)) is not None


async def block(
    session: AsyncSession, kind: str, value: str, reason: str | None, by: str
) -> SignupBlock | None:
    """The new entry; None where it was there before."""
    fresh = insert(SignupBlock).values(
        id=new_id(), kind=kind, value=value.lower(), reason=reason, created_by=by
    )
    statement = fresh.on_conflict_do_nothing(index_elements=["kind", "value"])
    made: SignupBlock | None = await session.scalar(statement.returning(SignupBlock))
    return made


async def unblock(session: AsyncSession, block_id: UUID) -> None:
    """Raises NotFound."""
    gone = delete(SignupBlock).where(SignupBlock.id == block_id).returning(SignupBlock.id)
    if await session.scalar(gone) is None:
        raise NotFound
