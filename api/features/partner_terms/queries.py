"""Reads of the terms that a partner's grants carry."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.campaign import Campaign
from shared.models.grant import Grant
from shared.models.partner import Partner
from shared.models.terms import Terms


def granted(partner_id: UUID) -> Select[Grant, Terms, str]:
    """The partner's grants in force with their terms and their campaigns' names, oldest first."""
    return (
        select(Grant, Terms, Campaign.name)
        .join(Terms, Terms.id == Grant.terms_id)
        .join(Campaign, Campaign.id == Grant.campaign_id)
        .where(Grant.partner_id == partner_id, Grant.ended_at.is_(None))
        .order_by(Campaign.id)
    )


def to_change(partner_id: UUID, campaign_id: UUID | None) -> Select[Grant, Terms]:
    """The partner's grants in force, locked, with the terms that their campaigns have today."""
    query = (
        select(Grant, Terms)
        .join(Campaign, Campaign.id == Grant.campaign_id)
        .join(Terms, Terms.id == Campaign.terms_id)
        .where(Grant.partner_id == partner_id, Grant.ended_at.is_(None))
        .order_by(Grant.id)
        .with_for_update(of=Grant, key_share=True)
    )
    return query if campaign_id is None else query.where(Grant.campaign_id == campaign_id)


async def counted(session: AsyncSession) -> tuple[int, int]:
    """How many partners aren't shut out, and how many of those promote anything."""
    promotes = (
        select(Grant.id).where(Grant.partner_id == Partner.id, Grant.ended_at.is_(None)).exists()
    )
    query = select(func.count(), func.count().filter(promotes)).select_from(Partner)
    row = (await session.execute(query.where(Partner.revoked_at.is_(None)))).one()
    return row[0], row[1]
