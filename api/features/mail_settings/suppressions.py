"""The memory of addresses that were refused for good."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.mail_settings.errors import MailSendFailed, SuppressionNotFound
from shared.models.mail_suppression import MailSuppression


async def note(session: AsyncSession, address: str, reason: str) -> None:
    """Remembers a refusal; the first one stays where there are several."""
    fresh = insert(MailSuppression).values(address=address.lower(), reason=reason)
    await session.execute(fresh.on_conflict_do_nothing(index_elements=["tenant_id", "address"]))


async def refuse_suppressed(session: AsyncSession, address: str) -> None:
    """Raises MailSendFailed where a letter to this address was refused for good before."""
    query = select(MailSuppression.reason).where(MailSuppression.address == address.lower())
    reason = await session.scalar(query)
    if reason is not None:
        raise MailSendFailed(detail=reason)


async def is_suppressed(session: AsyncSession, address: str) -> bool:
    """Whether a letter to this address was refused for good before."""
    query = select(MailSuppression.id).where(MailSuppression.address == address.lower())
    return await session.scalar(query) is not None


async def forget(session: AsyncSession, address: str) -> None:
    """A letter was taken after all."""
    await session.execute(delete(MailSuppression).where(MailSuppression.address == address.lower()))


async def clear(session: AsyncSession, suppression_id: UUID) -> None:
    """An admin knows that the mailbox is there now."""
    gone = delete(MailSuppression).where(MailSuppression.id == suppression_id)
    if await session.scalar(gone.returning(MailSuppression.id)) is None:
        raise SuppressionNotFound


async def clear_all(session: AsyncSession) -> None:
    """Another server may think otherwise."""
    await session.execute(delete(MailSuppression))
