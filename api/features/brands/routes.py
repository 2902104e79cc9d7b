"""The operators' console, as far as brands are concerned."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from api.access.platform import (
    Decider,
    InvalidOrExpiredSession,
    Looker,
    NoPlatformSession,
    ReadOnlyOperator,
)
from api.access.platform_audit import OperatorRoute
from api.features.brands import service
from api.features.brands.errors import AlreadySo, UnknownBrand, UnknownBrandsCampaign
from api.features.brands.schemas import (
    Block,
    BrandCampaign,
    BrandDetail,
    BrandList,
    BrandOut,
    Decision,
    PlanChange,
    Rejection,
    State,
)
from api.web.pages import InvalidCursor, Page, cursor_of, page
from api.web.platform_transaction import PlatformTransaction
from api.web.problems import problems

router = APIRouter(prefix="/platform-admin/brands", tags=["Operators"], route_class=OperatorRoute)
SIGNED_OUT = (NoPlatformSession, InvalidOrExpiredSession)
LOOKING = problems(*SIGNED_OUT, UnknownBrand)
DECIDING = problems(*SIGNED_OUT, ReadOnlyOperator, UnknownBrand, AlreadySo)
BLOCKING = problems(*SIGNED_OUT, ReadOnlyOperator, UnknownBrand, UnknownBrandsCampaign, AlreadySo)


@router.get("", responses=problems(*SIGNED_OUT, InvalidCursor))
async def list_brands(
    _: Looker,
    session: PlatformTransaction,
    wanted: Annotated[Page, Depends(page)],
    status: Annotated[State | None, Query(description="In this state.")] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=254,
            description="A slug, an id, a domain, an admin's address, or part of a name.",
        ),
    ] = None,
) -> BrandList:
    """The brands of this installation, newest first."""
    found = await service.find(
        session, status, q.lower() if q else None, wanted.after, wanted.limit + 1
    )
    kept = found[: wanted.limit]
    following = cursor_of(kept[-1]) if len(found) > wanted.limit else None
    return BrandList(brands=kept, next_cursor=following)


@router.get("/{id}", responses=LOOKING)
async def get_brand(
    id: UUID, _: Looker, request: Request, session: PlatformTransaction
) -> BrandDetail:
    """One brand, with its people and where its links lead; nothing of its customers or partners."""
    return await service.detail(session, id, request.state.settings.openpartner_mode)


@router.post("/{id}/approve", responses=DECIDING)
async def approve_brand(id: UUID, _: Decider, session: PlatformTransaction) -> BrandOut:
    """Let the brand go live."""
    return await service.approve(session, id)


@router.post("/{id}/reject", responses=DECIDING)
async def reject_brand(
    id: UUID, wanted: Rejection, who: Decider, session: PlatformTransaction
) -> BrandOut:
    """Shut the brand, so that its links lead nowhere; and on demand nobody of it signs up again."""
    return await service.reject(session, id, wanted, who.email)


@router.post("/{id}/suspend", responses=DECIDING)
async def suspend_brand(
    id: UUID, wanted: Decision, _: Decider, session: PlatformTransaction
) -> BrandOut:
    """Shut the brand for the time being; its links go on leading where they did."""
    return await service.suspend(session, id, wanted.reason, notify=wanted.notify_brand)


@router.post("/{id}/reinstate", responses=DECIDING)
async def reinstate_brand(id: UUID, _: Decider, session: PlatformTransaction) -> BrandOut:
    """Open a suspended brand again, as it was."""
    return await service.reinstate(session, id)


@router.put("/{id}/plan", responses=problems(*SIGNED_OUT, ReadOnlyOperator, UnknownBrand))
async def set_brands_plan(
    id: UUID, wanted: PlanChange, _: Decider, request: Request, session: PlatformTransaction
) -> BrandDetail:
    """Say that a brand pays outside Stripe, or that it no longer does."""
    mode = request.state.settings.openpartner_mode
    return await service.set_plan(session, id, wanted.plan, mode)


@router.post("/{id}/campaigns/{campaignId}/block", responses=BLOCKING)
async def block_brands_campaign(
    id: UUID,
    campaignId: UUID,  # noqa: N803  # as addresses spell it
    wanted: Block,
    _: Decider,
    session: PlatformTransaction,
) -> BrandCampaign:
    """Let a campaign's links lead nowhere; what was earned through them stays earned."""
    return await service.block_campaign(session, id, campaignId, wanted.reason)


@router.post("/{id}/campaigns/{campaignId}/unblock", responses=BLOCKING)
async def unblock_brands_campaign(
    id: UUID,
    campaignId: UUID,  # noqa: N803  # as addresses spell it
    _: Decider,
    session: PlatformTransaction,
) -> BrandCampaign:
    """Let them lead again where they led."""
    return await service.unblock_campaign(session, id, campaignId)
