"""Reads and writes how a campaign's visits are treated; routers hear of it within a second."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.tracking.errors import CampaignNotFound
from api.features.tracking.schemas import TrackingOut, TrackingUpdate
from shared.models.campaign import Campaign


async def show(session: AsyncSession, campaign_id: UUID) -> TrackingOut:
    """How it is now."""
    query = select(Campaign.pass_parameters, Campaign.cookies, Campaign.paid_ads)
    found = (await session.execute(query.where(Campaign.id == campaign_id))).one_or_none()
    if found is None:
        raise CampaignNotFound
    return TrackingOut.model_validate(found)


async def change(session: AsyncSession, campaign_id: UUID, wanted: TrackingUpdate) -> TrackingOut:
    """Changes what is named."""
    given = wanted.model_dump(exclude_none=True)
    if given:
        await session.execute(
            update(Campaign)
            .where(Campaign.id == campaign_id)
            .values(given)
            .execution_options(synchronize_session=False)
        )
    return await show(session, campaign_id)
