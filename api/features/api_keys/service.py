"""The rules of keys: made, shown once, revoked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.errors import Unauthorized
from api.features.api_keys.errors import (
    AlreadyExpired,
    KeyNotFound,
    KeysPartnerNotFound,
    NotYourKey,
)
from api.features.api_keys.schemas import KeyCreate
from shared.ids import new_id
from shared.models.admin import Admin
from shared.models.api_key import ApiKey
from shared.models.partner import Partner
from shared.tokens import new_token

PREFIX = "op_"


async def make(
    session: AsyncSession,
    caller: Caller,
    wanted: KeyCreate,
    *,
    scopes: Sequence[str] | None = None,
    partner_id: UUID | None = None,
) -> tuple[UUID, str]:
    """The id and the plaintext of a new key: scoped, a partner's, or without either an admin's."""
    if wanted.expires_at is not None and not await session.scalar(
        select(literal(wanted.expires_at) > func.now())
    ):
        raise AlreadyExpired(
            detail={"formErrors": [], "fieldErrors": {"expiresAt": ["has passed already"]}}
        )
    if caller.stands_for is not None:
        await _refuse_if_revoked_meanwhile(session, caller, caller.stands_for)
    return await _add(
        session,
        scopes=None if scopes is None else list(scopes),
        partner_id=partner_id,
        label=wanted.label or None,
        created_by=caller.stands_for,
        expires_at=wanted.expires_at,
        allowed_addresses=list(wanted.allowed_addresses) if wanted.allowed_addresses else None,
    )


async def make_for_service(
    session: AsyncSession, label: str, scopes: Sequence[str]
) -> tuple[UUID, str]:
    """A key for another service of ours: the workspace's, so that it outlives every admin."""
    return await _add(session, label=label, scopes=list(scopes))


async def _add(session: AsyncSession, **columns: Any) -> tuple[UUID, str]:
    token = new_token(PREFIX)
    key = ApiKey(id=new_id(), prefix=token.prefix, digest=token.digest, **columns)
    session.add(key)
    await session.flush()
    return key.id, token.plaintext


async def _refuse_if_revoked_meanwhile(
    session: AsyncSession, caller: Caller, admin_id: UUID
) -> None:
    """Locks what lets the caller in, so that whoever takes it away finds the new key as well.

    For a key that is the key, not its maker: an admin's keys may be kept when they go.
    """
    if caller.source == "db":
        key_id = UUID(caller.principal.removeprefix("key:"))
        held = select(ApiKey.revoked_at).where(ApiKey.id == key_id)
    else:
        held = select(Admin.revoked_at).where(Admin.id == admin_id)
    if await session.scalar(held.with_for_update(read=True)) is not None:
        raise Unauthorized


async def require_partner(session: AsyncSession, partner_id: UUID) -> None:
    """Raises KeysPartnerNotFound."""
    if await session.scalar(select(Partner.id).where(Partner.id == partner_id)) is None:
        raise KeysPartnerNotFound


async def revoke(session: AsyncSession, caller: Caller, key_id: UUID) -> None:
    """At once and for good; a key that is revoked already stays so."""
    key = await session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
    if key is None:
        raise KeyNotFound
    if caller.partner_id is not None and key.partner_id != caller.partner_id:
        raise NotYourKey
    if key.revoked_at is None:
        key.revoked_at = func.now()
        await session.flush()


async def revoke_by_id(session: AsyncSession, key_ids: Sequence[UUID]) -> None:
    """Those of them that there are."""
    await session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(key_ids), ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


async def revoke_keys_of(session: AsyncSession, partner_id: UUID) -> None:
    """Every key of a partner who is shut out."""
    await session.execute(
        update(ApiKey)
        .where(ApiKey.partner_id == partner_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


async def keys_made_by(session: AsyncSession, admin_id: UUID) -> Sequence[ApiKey]:
    """The keys that still open something and go back to this admin, oldest first."""
    query = select(ApiKey).where(
        ApiKey.created_by == admin_id,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
    )
    return (await session.scalars(query.order_by(ApiKey.id).with_for_update())).all()


async def revoke_keys_made_by(session: AsyncSession, admin_id: UUID) -> Sequence[ApiKey]:
    """All of those, and those that they were just making more with."""
    revoked: list[ApiKey] = []
    while keys := await keys_made_by(session, admin_id):
        for key in keys:
            key.revoked_at = func.now()
        await session.flush()
        revoked += keys
    for key in revoked:
        await session.refresh(key, ["revoked_at"])
    return revoked
