"""The rules of keys: made, shown once, revoked."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.features.api_keys.errors import KeyNotFound, KeysPartnerNotFound, NotYourKey
from shared.ids import new_id
from shared.models.api_key import ApiKey
from shared.models.partner import Partner
from shared.tokens import new_token

PREFIX = "op_"


async def make(
    session: AsyncSession,
    label: str | None,
    *,
    scopes: Sequence[str] | None = None,
    partner_id: UUID | None = None,
) -> tuple[UUID, str]:
    """The id and the plaintext of a new key: scoped, a partner's, or without either an admin's."""
    token = new_token(PREFIX)
    key = ApiKey(
        id=new_id(),
        prefix=token.prefix,
        digest=token.digest,
        scopes=None if scopes is None else list(scopes),
        partner_id=partner_id,
        label=label or None,
    )
    session.add(key)
    await session.flush()
    return key.id, token.plaintext


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


async def revoke_keys_of(session: AsyncSession, partner_id: UUID) -> None:
    """Every key of a partner who is shut out."""
    await session.execute(
        update(ApiKey)
        .where(ApiKey.partner_id == partner_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
