"""The rules of signing in: ask for a link, spend it, end sessions."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.sign_in.links import void
from api.features.sign_in.queries import Kind
from api.jobs.enqueue import enqueue
from shared.models.sign_in import WebSession


async def ask(session: AsyncSession, email: str) -> None:
    """Asks the worker for a link. The same work whether the address exists or not: it looks later."""
    await enqueue(session, "sign_in.link", receiver=f"mail:{email}", email=email)


async def invite_partner(session: AsyncSession, partner_id: UUID) -> None:
    """Mails the partner a link that activates them, once this transaction is committed."""
    await enqueue(session, "sign_in.invite", kind="partner", person_id=str(partner_id))


async def invite_admin(session: AsyncSession, admin_id: UUID) -> None:
    """Mails the admin a link that activates them, once this transaction is committed."""
    await enqueue(session, "sign_in.invite", kind="admin", person_id=str(admin_id))


async def end_sessions(session: AsyncSession, kind: Kind, principal_id: UUID) -> None:
    """Signs the person out everywhere, and voids the links that could sign them in again."""
    await session.execute(
        update(WebSession)
        .where(
            WebSession.principal_kind == kind,
            WebSession.principal_id == principal_id,
            WebSession.revoked_at.is_(None),
        )
        .values(revoked_at=func.now())
    )
    await void(session, kind, principal_id)
