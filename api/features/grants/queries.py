"""Reads of grants."""

from uuid import UUID

from sqlalchemy import Select, and_, select

from shared.models.campaign import Campaign
from shared.models.grant import Grant


def campaigns_beside_grants(partner_id: UUID) -> Select[Campaign, Grant | None]:
    """Every campaign, with the partner's grant where one is in force."""
    in_force = and_(
        Grant.campaign_id == Campaign.id,
        Grant.partner_id == partner_id,
        Grant.ended_at.is_(None),
    )
    return select(Campaign, Grant).outerjoin(Grant, in_force)
