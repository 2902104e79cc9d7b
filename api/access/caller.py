"""Who is calling: an admin, a partner or an integration, by key or by session."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.permissions import Permission
from api.access.roles import ADMIN, PARTNER, permitted_by
from shared.models.admin import Admin
from shared.models.api_key import ApiKey
from shared.models.partner import Partner
from shared.models.sign_in import WebSession
from shared.tokens import digest_of

Role = Literal["admin", "partner", "scoped"]
Source = Literal["env", "db", "session"]

LAST_USED_EVERY = text("interval '1 minute'")


@dataclass(frozen=True, slots=True)
class Caller:
    """`principal` names the caller for logs, audit and idempotency; it is no secret."""

    role: Role
    source: Source
    permissions: frozenset[Permission]
    principal: str
    admin_id: UUID | None = None
    partner_id: UUID | None = None
    scopes: tuple[str, ...] = ()

    def owns(self, partner_id: UUID) -> bool:
        """Whether this is the partner of that id."""
        return self.partner_id is not None and self.partner_id == partner_id


def env_admin() -> Caller:
    """The holder of ADMIN_API_KEY."""
    return Caller("admin", "env", ADMIN, "env")


async def by_key(session: AsyncSession, plaintext: str) -> Caller | None:
    """The holder of an API key of the pinned tenant, unless it or its partner was revoked."""
    query = (
        select(ApiKey, Partner.revoked_at, func.now() - ApiKey.last_used_at < LAST_USED_EVERY)
        .outerjoin(Partner, Partner.id == ApiKey.partner_id)
        .where(ApiKey.digest == digest_of(plaintext), ApiKey.revoked_at.is_(None))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    key, partner_revoked_at, used_lately = row
    if partner_revoked_at is not None:
        return None
    if not used_lately:
        await _mark(session, ApiKey, key.id, "last_used_at")
    principal = f"key:{key.id}"
    if key.scopes is not None:
        return Caller("scoped", "db", permitted_by(key.scopes), principal, scopes=tuple(key.scopes))
    if key.partner_id is not None:
        return Caller("partner", "db", PARTNER, principal, partner_id=key.partner_id)
    return Caller("admin", "db", ADMIN, principal)


async def by_session(session: AsyncSession, plaintext: str) -> Caller | None:
    """The person signed in with this cookie, unless the session or the person was shut out."""
    query = (
        select(
            WebSession,
            Admin.id.label("admin_id"),
            Partner.id.label("partner_id"),
            func.now() - WebSession.last_seen_at < LAST_USED_EVERY,
        )
        .outerjoin(
            Admin,
            (Admin.id == WebSession.principal_id)
            & (WebSession.principal_kind == "admin")
            & Admin.activated_at.is_not(None)
            & Admin.revoked_at.is_(None),
        )
        .outerjoin(
            Partner,
            (Partner.id == WebSession.principal_id)
            & (WebSession.principal_kind == "partner")
            & Partner.revoked_at.is_(None),
        )
        .where(
            WebSession.digest == digest_of(plaintext),
            WebSession.revoked_at.is_(None),
            WebSession.expires_at > func.now(),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    signed_in, admin_id, partner_id, seen_lately = row
    if not seen_lately:
        await _mark(session, WebSession, signed_in.id, "last_seen_at")
    if admin_id is not None:
        return Caller("admin", "session", ADMIN, f"admin:{admin_id}", admin_id=admin_id)
    if partner_id is not None:
        return Caller("partner", "session", PARTNER, f"partner:{partner_id}", partner_id=partner_id)
    return None


async def _mark(session: AsyncSession, table: Any, row_id: UUID, column: str) -> None:
    # Skipping a locked row keeps callers of one busy key from queueing behind each other's transactions.
    free = select(table.id).where(table.id == row_id).with_for_update(skip_locked=True)
    await session.execute(
        update(table)
        .where(table.id.in_(free.scalar_subquery()))
        .values({column: func.now()})
        .execution_options(synchronize_session=False)
    )
