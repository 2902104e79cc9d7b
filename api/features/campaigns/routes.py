"""The addresses of campaigns."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.access.caller import Caller
from api.access.gate import TrialExpired
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.campaigns import service
from api.features.campaigns.errors import CampaignNotFound, DatesReversed
from api.features.campaigns.queries import campaigns_with_terms, versions_of
from api.features.campaigns.schemas import (
    CampaignCreate,
    CampaignList,
    CampaignOut,
    CampaignUpdate,
    MyCampaigns,
    TermsVersions,
)
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.campaign import Campaign
from shared.models.terms import Terms

router = APIRouter(tags=["Campaigns"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.CAMPAIGNS_READ)]
Writer = Annotated[Caller, needs(Permission.CAMPAIGNS_WRITE)]
Maker = Annotated[Caller, needs(Permission.CAMPAIGNS_WRITE, gate="makes")]
Promoter = Annotated[Caller, needs(Permission.MY_CAMPAIGNS_READ)]


@router.get("/campaigns", responses=problems(InvalidCursor))
async def list_campaigns(
    _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> CampaignList:
    """Every campaign, newest first."""
    rows, following = await fetch_page(session, campaigns_with_terms(), Campaign, wanted)
    return CampaignList(
        campaigns=[service.show(campaign, terms) for campaign, terms in rows],
        next_cursor=following,
    )


@router.post(
    "/campaigns",
    status_code=201,
    dependencies=[ONCE],
    responses=problems(DatesReversed, TrialExpired),
)
async def create_campaign(wanted: CampaignCreate, _: Maker, session: Session) -> CampaignOut:
    """Make a campaign."""
    return await service.create(session, wanted)


@router.patch("/campaigns/{id}", responses=problems(CampaignNotFound, DatesReversed))
async def edit_campaign(
    id: UUID, wanted: CampaignUpdate, _: Writer, session: Session
) -> CampaignOut:
    """Change a campaign; terms change for later grants only."""
    return await service.edit(session, id, wanted)


@router.get("/campaigns/{id}/terms", responses=problems(CampaignNotFound, InvalidCursor))
async def list_terms(
    id: UUID, _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> TermsVersions:
    """Every version of a campaign's terms, newest first, its partners' own ones too."""
    campaign = await service.find(session, id)
    rows, following = await fetch_page(session, versions_of(id), Terms, wanted)
    return TermsVersions(
        terms=[service.show_version(terms, campaign.terms_id, held) for terms, held in rows],
        next_cursor=following,
    )


@router.get("/me/campaigns")
async def list_my_campaigns(caller: Promoter, session: Session) -> MyCampaigns:
    """What the caller may promote now; an admin sees every campaign."""
    return MyCampaigns(campaigns=await service.promotable(session, caller.partner_id))
