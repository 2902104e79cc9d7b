"""The addresses of a partner's grants."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.access.caller import Caller
from api.access.gate import TrialExpired
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.grants import service
from api.features.grants.errors import GrantNotFound, NoValidCampaigns, PartnerNotFound
from api.features.grants.queries import campaigns_beside_grants
from api.features.grants.schemas import (
    GrantableCampaign,
    GrantableCampaigns,
    GrantCreate,
    GrantEnded,
    GrantsAdded,
)
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.campaign import Campaign
from shared.models.grant import Grant

router = APIRouter(tags=["Grants"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.GRANTS_READ)]
Writer = Annotated[Caller, needs(Permission.GRANTS_WRITE)]
Granter = Annotated[Caller, needs(Permission.GRANTS_WRITE, gate="makes")]


@router.get("/partners/{id}/campaigns", responses=problems(InvalidCursor, PartnerNotFound))
async def list_partner_campaigns(
    id: UUID, _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> GrantableCampaigns:
    """Every campaign, newest first, and which of them the partner may promote."""
    await service.refuse_unknown_partner(session, id)
    rows, following = await fetch_page(session, campaigns_beside_grants(id), Campaign, wanted)
    return GrantableCampaigns(
        campaigns=[_show(campaign, grant) for campaign, grant in rows], next_cursor=following
    )


@router.post(
    "/partners/{id}/campaigns",
    status_code=201,
    dependencies=[ONCE],
    responses=problems(PartnerNotFound, NoValidCampaigns, TrialExpired),
)
async def grant_campaigns(
    id: UUID, wanted: GrantCreate, _: Granter, session: Session
) -> GrantsAdded:
    """Let a partner promote more campaigns, at the terms of today."""
    return GrantsAdded(added=list(await service.add(session, id, wanted.campaign_ids)))


@router.delete("/partners/{id}/campaigns/{campaignId}", responses=problems(GrantNotFound))
async def end_grant(id: UUID, campaignId: UUID, _: Writer, session: Session) -> GrantEnded:  # noqa: N803  # as the contract spells it
    """End a grant: no new links, but those that exist go on earning."""
    await service.end(session, id, campaignId)
    return GrantEnded(ok=True)


def _show(campaign: Campaign, grant: Grant | None) -> GrantableCampaign:
    return GrantableCampaign(
        id=campaign.id,
        name=campaign.name,
        destination_url=campaign.destination_url,
        deep_link_allowed_domains=", ".join(campaign.deep_link_allowed_domains) or None,
        granted=grant is not None,
        grant_source=grant.source if grant else None,
        granted_at=grant.created_at if grant else None,
    )
