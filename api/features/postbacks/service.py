"""The rules of postbacks: add, change, delete, and make a firing out of news."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer, in_row
from api.features.notices.for_others import CATALOGUE
from api.features.postbacks.errors import PartnerNotFound, PostbackNotFound
from api.features.postbacks.macros import fill, sign
from api.features.postbacks.queries import postbacks_of, subscribed
from api.features.postbacks.schemas import PostbackCreate, PostbackUpdate
from shared.ids import new_id
from shared.models.notice import Notice
from shared.models.partner import Partner
from shared.models.postback import PartnerPostback, PostbackDelivery
from shared.tokens import new_token

SEALED_FIELD = "partner_postbacks.sealed_secret"
PREFIX = "pbsec_"


async def refuse_unknown(session: AsyncSession, partner_id: UUID) -> None:
    """Raises PartnerNotFound."""
    if await session.scalar(select(Partner.id).where(Partner.id == partner_id)) is None:
        raise PartnerNotFound


async def add(
    session: AsyncSession, sealer: Sealer, tenant_id: UUID, partner_id: UUID, wanted: PostbackCreate
) -> tuple[PartnerPostback, str | None]:
    """A new postback, and the secret that signs it where it is signed."""
    await refuse_unknown(session, partner_id)
    secret = new_token(PREFIX).plaintext if wanted.signature_parameter else None
    postback_id = new_id()
    field = in_row(SEALED_FIELD, postback_id)
    postback = PartnerPostback(
        id=postback_id,
        partner_id=partner_id,
        url=wanted.url,
        method=wanted.method,
        events=list(dict.fromkeys(wanted.events)),
        enabled=wanted.enabled,
        signature_parameter=wanted.signature_parameter,
        sealed_secret=sealer.seal(secret, tenant_id, field) if secret else None,
    )
    session.add(postback)
    await session.flush()
    return postback, secret


async def find(session: AsyncSession, partner_id: UUID, postback_id: UUID) -> PartnerPostback:
    """Raises PostbackNotFound, also for another partner's."""
    found: PartnerPostback | None = await session.scalar(
        postbacks_of(partner_id).where(PartnerPostback.id == postback_id)
    )
    if found is None:
        raise PostbackNotFound
    return found


async def change(
    session: AsyncSession, partner_id: UUID, postback_id: UUID, wanted: PostbackUpdate
) -> PartnerPostback:
    """Changes what was named."""
    postback = await find(session, partner_id, postback_id)
    for name in wanted.model_fields_set:
        value = getattr(wanted, name)
        if value is not None:
            setattr(postback, name, list(value) if name == "events" else value)
    await session.flush()
    await session.refresh(postback)
    return postback


async def delete(session: AsyncSession, partner_id: UUID, postback_id: UUID) -> None:
    """Softly: its log stays, it fires no more."""
    postback = await find(session, partner_id, postback_id)
    await session.execute(
        update(PartnerPostback)
        .where(PartnerPostback.id == postback.id)
        .values(enabled=False, deleted_at=func.now())
    )


async def make_firings(
    session: AsyncSession, sealer: Sealer, tenant_id: UUID, notice_ids: list[UUID]
) -> list[tuple[UUID, UUID]]:
    """Writes what has to be called, once; answers each firing with its postback."""
    rows = [
        _firing(sealer, tenant_id, postback, notice)
        for notice, postback in await session.execute(subscribed(notice_ids))
    ]
    if not rows:
        return []
    made = await session.execute(
        insert(PostbackDelivery)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["tenant_id", "postback_id", "notice_id"])
        .returning(PostbackDelivery.id, PostbackDelivery.postback_id)
    )
    return [(row.id, row.postback_id) for row in made]


async def make_test(
    session: AsyncSession, sealer: Sealer, tenant_id: UUID, postback: PartnerPostback, event: str
) -> UUID:
    """A firing for something that never happened."""
    data = CATALOGUE[event].sample().model_dump(mode="json")
    data |= {"partnerId": str(postback.partner_id), "_synthetic": True}
    notice = Notice(id=new_id(), type=event, partner_id=postback.partner_id, data=data)
    session.add(notice)
    await session.flush()
    row = _firing(sealer, tenant_id, postback, notice)
    await session.execute(insert(PostbackDelivery).values(row))
    return UUID(str(row["id"]))


def _firing(
    sealer: Sealer, tenant_id: UUID, postback: PartnerPostback, notice: Notice
) -> dict[str, Any]:
    url = fill(postback.url, notice.data)
    if postback.signature_parameter and postback.sealed_secret:
        field = in_row(SEALED_FIELD, postback.id)
        secret = sealer.unseal(postback.sealed_secret, tenant_id, field)
        url = sign(url, postback.signature_parameter, secret)
    return {
        "id": new_id(),
        "postback_id": postback.id,
        "notice_id": notice.id,
        "event_type": notice.type,
        "url": url,
    }
