"""Creators whom the network brings: new partners, or those who were partners already."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.grants.for_others import grant
from api.features.network_pushes.for_others import tell_of_partner
from api.features.notices.for_others import publish
from api.features.partners.errors import EmailTaken, UnknownCampaignIds
from api.features.partners.news import approved
from api.features.partners.schemas import PartnerCreate
from api.features.partners.service import create
from shared.ids import read_id
from shared.models.partner import Partner


async def admit_creator(session: AsyncSession, wanted: PartnerCreate, creator_id: str) -> Partner:
    """A partner with these grants. Who is shut out is answered as they are, and nothing is done.

    A partner who was there before keeps what was agreed with them; only what is new is granted.
    """
    try:
        return await create(session, wanted)
    except EmailTaken:
        known = select(Partner).where(Partner.email == wanted.email).with_for_update()
        partner = (await session.scalars(known)).one()
    if partner.revoked_at is not None:
        return partner
    texts = wanted.campaign_ids or ()
    campaigns = {text: read_id(text) for text in texts}
    granted = await grant(
        session,
        partner.id,
        {found for found in campaigns.values() if found},
        wanted.grant_source,
        wanted.commission_snapshot,
    )
    if missing := [text for text, found in campaigns.items() if found not in granted.found]:
        raise UnknownCampaignIds(missing=missing)
    network = {**_object(partner.details.get("network")), "creatorId": creator_id}
    await session.execute(
        update(Partner)
        .where(Partner.id == partner.id)
        .values(
            details={**partner.details, "network": network},
            approved_at=func.coalesce(Partner.approved_at, func.now()),
            activated_at=func.coalesce(Partner.activated_at, func.now()),
        )
    )
    await session.refresh(partner)
    await publish(session, [approved(partner, creator_id, granted.found)])
    await tell_of_partner(session, partner.id)
    return partner


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
