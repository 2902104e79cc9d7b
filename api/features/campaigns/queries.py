"""Reads of campaigns; row security keeps them to the pinned tenant."""

from uuid import UUID

from sqlalchemy import Select, func, or_, select

from shared.models.campaign import Campaign
from shared.models.grant import Grant
from shared.models.terms import Terms


def campaigns_with_terms() -> Select[Campaign, Terms]:
    """Each campaign beside its current terms."""
    return select(Campaign, Terms).join(Terms, Terms.id == Campaign.terms_id)


def campaigns_of(partner_id: UUID) -> Select[Campaign, str]:
    """What a partner may promote now: granted, begun and not over."""
    return (
        select(Campaign, Grant.source)
        .join(Grant, Grant.campaign_id == Campaign.id)
        .where(
            Grant.partner_id == partner_id,
            Grant.ended_at.is_(None),
            or_(Campaign.starts_at.is_(None), Campaign.starts_at <= func.now()),
            or_(Campaign.ends_at.is_(None), Campaign.ends_at > func.now()),
        )
        .order_by(Campaign.id.desc())
    )


def versions_of(campaign_id: UUID) -> Select[Terms, int]:
    """Every version of a campaign's terms, and how many grants in force have it."""
    held = (
        select(func.count())
        .where(Grant.terms_id == Terms.id, Grant.ended_at.is_(None))
        .scalar_subquery()
    )
    return select(Terms, held).where(Terms.campaign_id == campaign_id)
