"""The rules of links: one is made, and then never changed or taken away."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.grants.for_others import grant
from api.features.links.destinations import may_lead
from api.features.links.errors import (
    CampaignNotActive,
    CampaignNotFound,
    CampaignNotGranted,
    DestinationNotAllowed,
    LinkKeyTaken,
    PartnerRevoked,
)
from api.features.links.queries import campaign_for
from api.features.links.schemas import LinkCreate
from api.features.partners.for_others import partner_of
from shared.ids import read_id
from shared.models.campaign import Campaign
from shared.models.link import Link


async def create(
    session: AsyncSession, partner_id: UUID, wanted: LinkCreate, *, may_grant: bool
) -> Link:
    """A link to a campaign that runs; `may_grant` lets the caller agree on it by the way."""
    partner = await partner_of(session, partner_id)
    if partner.revoked_at is not None:
        raise PartnerRevoked
    campaign = await _promotable(session, partner_id, wanted.campaign_id, may_grant=may_grant)
    if wanted.destination_url is not None and not may_lead(
        wanted.destination_url, campaign.destination_url, campaign.deep_link_allowed_domains
    ):
        raise DestinationNotAllowed
    link: Link | None = await session.scalar(
        insert(Link)
        .values(
            link_key=wanted.link_key,
            partner_id=partner_id,
            campaign_id=campaign.id,
            destination_url=wanted.destination_url,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "link_key"])
        .returning(Link)
    )
    if link is None:
        raise LinkKeyTaken
    return link


async def _promotable(
    session: AsyncSession, partner_id: UUID, written_id: str, *, may_grant: bool
) -> Campaign:
    campaign_id = read_id(written_id)
    if campaign_id is None:
        raise CampaignNotFound
    found = (await session.execute(campaign_for(partner_id, campaign_id))).one_or_none()
    if found is None:
        raise CampaignNotFound
    campaign, state, is_granted = found
    if state != "active":
        raise CampaignNotActive(state=state)
    if not is_granted:
        if not may_grant:
            raise CampaignNotGranted
        # What a click earns is written in the grant, so a link without one would earn nothing.
        await grant(session, partner_id, [campaign.id], "admin")
    return campaign


def address_of(router_url: str, slug: str | None, link_key: str) -> str:
    """What a partner shares; the slug says whose link it is where several brands share a router."""
    return f"{router_url}/r/{slug}/{link_key}" if slug else f"{router_url}/r/{link_key}"
