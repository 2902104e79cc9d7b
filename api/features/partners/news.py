"""What is told when a partner comes."""

from collections.abc import Sequence
from uuid import UUID

from api.features.notices.for_others import News, PartnerCreated, PartnershipApproved
from api.features.partners.schemas import NETWORK
from shared.models.partner import Partner


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
        known = creator if isinstance(creator, str) else None
        news.append(approved(partner, known, campaign_ids))
    return news


def approved(
    partner: Partner, creator_id: str | None, campaign_ids: Sequence[UUID]
) -> PartnershipApproved:
    """A creator is a partner for these campaigns, new or known."""
    return PartnershipApproved(
        partner_id=partner.id,
        email=partner.email,
        name=partner.name,
        network_creator_id=creator_id,
        campaign_ids=list(campaign_ids),
    )
