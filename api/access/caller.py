"""Who is calling: an admin, a partner or an integration, by key or by session."""

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.permissions import Permission
from api.access.roles import ADMIN, PARTNER, permitted_by
from api.web.tenancy import closed
from shared.models.admin import Admin
from shared.models.api_key import ApiKey
from shared.models.partner import Partner
from shared.models.sign_in import WebSession
from shared.tokens import digest_of

log = structlog.get_logger()

Role = Literal["admin", "partner", "scoped"]
Source = Literal["env", "db", "session"]

LAST_USED_EVERY = text("interval '1 minute'")


@dataclass(frozen=True, slots=True)
class Caller:
    """`principal` names the caller for logs, audit and idempotency; it is no secret.

    `stands_for` is the admin who signed in, or to whom the key goes back; `closed` says why
    their workspace is, if it is.
    """

    role: Role
    source: Source
    permissions: frozenset[Permission]
    principal: str
    admin_id: UUID | None = None
    partner_id: UUID | None = None
    scopes: tuple[str, ...] = ()
    stands_for: UUID | None = None
    closed: str | None = None

    def owns(self, partner_id: UUID) -> bool:
        """Whether this is the partner of that id."""
        return self.partner_id is not None and self.partner_id == partner_id


async def env_admin(session: AsyncSession) -> Caller:
    """The holder of ADMIN_API_KEY."""
    why = await session.scalar(closed())
    return Caller("admin", "env", ADMIN, "env", closed=why)


async def by_key(session: AsyncSession, plaintext: str, address: str) -> Caller | None:
    """The holder of an API key of the pinned tenant, unless it or its partner was revoked.

    An expired key is no key, nor is one that comes from an address where it may not be used.
    """
    query = (
        select(
            ApiKey,
            Partner.revoked_at,
            func.now() - ApiKey.last_used_at < LAST_USED_EVERY,
            closed().scalar_subquery(),
        )
        .outerjoin(Partner, Partner.id == ApiKey.partner_id)
        .where(
            ApiKey.digest == digest_of(plaintext),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
        )
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    key, partner_revoked_at, used_lately, why = row
    if partner_revoked_at is not None:
        return None
    if key.allowed_addresses is not None and not _is_within(address, key.allowed_addresses):
        log.warning("key_used_elsewhere", key=str(key.id))
        return None
    if not used_lately:
        await _mark(session, ApiKey, key.id, "last_used_at")
    return replace(_holder(key), closed=why)


def _holder(key: ApiKey) -> Caller:
    principal, behind = f"key:{key.id}", key.created_by
    if key.scopes is not None:
        scopes = tuple(key.scopes)
        return Caller(
            "scoped", "db", permitted_by(key.scopes), principal, scopes=scopes, stands_for=behind
        )
    if key.partner_id is not None:
        # A partner makes keys for themselves; they are not the admin's who made the first.
        return Caller("partner", "db", PARTNER, principal, partner_id=key.partner_id)
    return Caller("admin", "db", ADMIN, principal, stands_for=behind)


def _is_within(address: str, blocks: list[str]) -> bool:
    try:
        caller = ip_address(address)
    except ValueError:
        # A socket file has no address, and so lies in no block.
        return False
    # A server that listens on IPv6 sees IPv4 peers in its dress.
    plain = getattr(caller, "ipv4_mapped", None) or caller
    return any(plain in ip_network(block) for block in blocks)


async def by_session(session: AsyncSession, plaintext: str) -> Caller | None:
    """The person signed in with this cookie, unless the session or the person was shut out."""
    query = (
        select(
            WebSession,
            Admin.id.label("admin_id"),
            Partner.id.label("partner_id"),
            func.now() - WebSession.last_seen_at < LAST_USED_EVERY,
            closed().scalar_subquery(),
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
    signed_in, admin_id, partner_id, seen_lately, why = row
    if not seen_lately:
        await _mark(session, WebSession, signed_in.id, "last_seen_at")
    person = _person(admin_id, partner_id)
    return person and replace(person, closed=why)


def _person(admin_id: UUID | None, partner_id: UUID | None) -> Caller | None:
    if admin_id is not None:
        return Caller(
            "admin",
            "session",
            ADMIN,
            f"admin:{admin_id}",
            admin_id=admin_id,
            stands_for=admin_id,
        )
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
