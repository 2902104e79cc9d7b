"""What is told when a partner comes."""

from collections.abc import Sequence
from uuid import UUID

from api.features.notices.for_others import News, PartnerCreated, PartnershipApproved
from shared.models.partner import Partner

NETWORK = "openpartner_network"


def created(partner: Partner, campaign_ids: Sequence[UUID], *, invited: bool) -> list[News]:
    """A new partner; one whom the network sent is a partnership that was approved, too."""
    news: list[News] = [
        PartnerCreated(
            partner_id=partner.id,
            email=partner.email,
            name=partner.name,
            activated_at=partner.activated_at,
            invited=invited,
            campaign_ids=list(campaign_ids),
        )
    ]
    if partner.details.get("source") == NETWORK:
        network = partner.details.get("network")
        creator = network.get("creatorId") if isinstance(network, dict) else None
        news.append(
            PartnershipApproved(
                partner_id=partner.id,
                email=partner.email,
                name=partner.name,
                network_creator_id=creator if isinstance(creator, str) else None,
                campaign_ids=list(campaign_ids),
            )
        )
    return news
