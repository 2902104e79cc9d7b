"""The addresses of figures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.access.caller import Caller
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.analytics import service
from api.features.analytics.errors import PartnerNotFound
from api.features.analytics.queries import every_partner, flagged_clicks
from api.features.analytics.schemas import (
    Dashboard,
    Flag,
    FlaggedClicks,
    Funnel,
    Overview,
    Since,
)
from api.web.pages import LARGEST, InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.click import Click
from shared.models.partner import Partner

router = APIRouter(tags=["Analytics"])
DashboardReader = Annotated[Caller, owns(Permission.DASHBOARDS_READ)]
FunnelReader = Annotated[Caller, owns(Permission.FUNNELS_READ)]
OverviewReader = Annotated[Caller, needs(Permission.OVERVIEW_READ)]
Reviewer = Annotated[Caller, needs(Permission.CLICKS_REVIEW)]

SinceQuery = Annotated[
    Since | None,
    Query(description="Where the window begins; midnight UTC, 30 days ago, unless given."),
]


@router.get(
    "/partners/{id}/dashboard",
    response_model_exclude_unset=True,
    responses=problems(PartnerNotFound),
)
async def get_dashboard(
    id: UUID,
    _: DashboardReader,
    session: Session,
    since: SinceQuery = None,
    with_links: Annotated[
        bool, Query(alias="includeLinks", description="Also each link's figures.")
    ] = False,
) -> Dashboard:
    """A partner's figures since a moment."""
    return await service.dashboard(session, id, service.beginning(since), with_links=with_links)


@router.get("/partners/{id}/funnel", responses=problems(PartnerNotFound))
async def get_funnel(
    id: UUID, _: FunnelReader, session: Session, since: SinceQuery = None
) -> Funnel:
    """What became of a partner's clicks since a moment: customers, sign-ups, payments."""
    return await service.funnel(session, id, service.beginning(since))


def partners_page(
    limit: Annotated[int, Query(ge=1, le=LARGEST, description="How many partners.")] = LARGEST,
    cursor: Annotated[
        str | None, Query(max_length=100, description="`nextCursor` of the page before.")
    ] = None,
) -> Page:
    """As many partners as a page may hold, because portals ask for the overview without a limit."""
    return page(limit, cursor)


@router.get("/admin/overview", responses=problems(InvalidCursor))
async def get_overview(
    _: OverviewReader, session: Session, wanted: Annotated[Page, Depends(partners_page)]
) -> Overview:
    """The last 30 days of the whole program, with its partners, newest first."""
    since = service.beginning(None)
    rows, following = await fetch_page(session, every_partner(), Partner, wanted)
    return Overview(
        since=since,
        totals=await service.totals(session, since),
        partners=await service.partner_figures(session, [row for (row,) in rows], since),
        next_cursor=following,
    )


@router.get("/admin/clicks/flagged", responses=problems(InvalidCursor))
async def list_flagged_clicks(
    _: Reviewer,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    reason: Annotated[Flag | None, Query(description="Only clicks with this flag.")] = None,
) -> FlaggedClicks:
    """Clicks that don't count, newest first."""
    rows, following = await fetch_page(session, flagged_clicks(reason), Click, wanted)
    return FlaggedClicks(
        clicks=[service.show(*row) for row in rows],
        next_cursor=following,
    )
