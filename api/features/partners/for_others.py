"""Partners, for the features that do something for one, or through which they come."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import NotFound
from api.features.partners.applications import apply, join
from api.features.partners.creators import admit_creator
from api.features.partners.errors import UnknownCampaignIds
from api.features.partners.schemas import NETWORK, PartnerCreate
from shared.models.partner import Partner


class UnknownPartner(NotFound, code="partner_not_found"):
    """There is no such partner."""


async def partner_of(session: AsyncSession, partner_id: UUID) -> Partner:
    """The partner whose things an address speaks of."""
    partner = await session.scalar(select(Partner).where(Partner.id == partner_id))
    if partner is None:
        raise UnknownPartner
    return partner


__all__ = [
    "NETWORK",
    "PartnerCreate",
    "UnknownCampaignIds",
    "UnknownPartner",
    "admit_creator",
    "apply",
    "join",
    "partner_of",
]
