"""Reads of links and of the campaigns that they are made for."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from shared.models.campaign import Campaign
from shared.models.domain import Domain
from shared.models.grant import Grant
from shared.models.link import Link
from shared.models.tenant import Tenant

STATE: ColumnElement[str] = case(
    (Campaign.starts_at > func.now(), "scheduled"),
    (Campaign.ends_at <= func.now(), "ended"),
    else_="active",
)


def links_of(partner_id: UUID) -> Select[Link]:
    """A partner's links."""
    return select(Link).where(Link.partner_id == partner_id)


def campaign_for(partner_id: UUID, campaign_id: UUID) -> Select[Campaign, str, bool]:
    """A campaign, whether it runs by the database's clock, and whether the partner may promote it."""
    granted = and_(
        Grant.campaign_id == Campaign.id, Grant.partner_id == partner_id, Grant.ended_at.is_(None)
    )
    return (
        select(Campaign, STATE, Grant.id.is_not(None))
        .outerjoin(Grant, granted)
        .where(Campaign.id == campaign_id)
    )


def own_slug() -> Select[str]:
    """The pinned tenant's slug; row security shows no other."""
    return select(Tenant.slug)


def own_domain() -> Select[str]:
    """The host on which the brand's links stand, if it has proved one."""
    held = Domain.verified_at.is_not(None) & (Domain.purpose == "links")
    return select(Domain.host).where(held).order_by(Domain.verified_at).limit(1)
