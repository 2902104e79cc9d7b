"""Sessions of browsers: begun by a spent link, ended by signing out or by being shut out."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.cookies import LIFETIME_SECONDS
from api.features.sign_in.queries import Kind
from shared.database import pin
from shared.ids import new_id
from shared.models.sign_in import WebSession
from shared.tokens import digest_of, new_token

PREFIX = "ops_"
WHOSE = text("select tenant_of_session(:digest)")


async def begin(session: AsyncSession, kind: Kind, person_id: UUID) -> str:
    """The token of a new session; never one that the browser brought along."""
    token = new_token(PREFIX)
    session.add(
        WebSession(
            id=new_id(),
            digest=token.digest,
            principal_kind=kind,
            principal_id=person_id,
            expires_at=func.now() + timedelta(seconds=LIFETIME_SECONDS),
        )
    )
    await session.flush()
    return token.plaintext


async def end(session: AsyncSession, plaintext: str) -> None:
    """This browser's session, if it is one."""
    await _end(session, WebSession.digest == digest_of(plaintext))


async def tenant_of_session(session: AsyncSession, plaintext: str) -> UUID | None:
    """The workspace that a browser is signed in to, when it doesn't say so itself."""
    found: UUID | None = await session.scalar(WHOSE, {"digest": digest_of(plaintext)})
    return found


async def end_anywhere(session: AsyncSession, plaintext: str) -> None:
    """This browser's session, in whichever workspace it is; the transaction is pinned to that."""
    if (tenant_id := await tenant_of_session(session, plaintext)) is not None:
        await pin(session, tenant_id)
        await end(session, plaintext)


async def end_all(session: AsyncSession, kind: Kind, person_id: UUID) -> None:
    """Every browser of the person."""
    theirs = (WebSession.principal_kind == kind) & (WebSession.principal_id == person_id)
    await _end(session, theirs)


async def _end(session: AsyncSession, which: ColumnElement[bool]) -> None:
    await session.execute(
        update(WebSession)
        .where(which, WebSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
