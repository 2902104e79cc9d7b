"""The addresses of a partner's links."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from api.access.caller import Caller
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import owns
from api.access.permissions import Permission
from api.features.links import service
from api.features.links.errors import (
    CampaignNotActive,
    CampaignNotFound,
    CampaignNotGranted,
    DestinationNotAllowed,
    LinkKeyTaken,
    PartnerRevoked,
)
from api.features.links.queries import links_of, own_domain, own_slug
from api.features.links.schemas import LinkCreate, LinkList, LinkOut
from api.features.partners.for_others import UnknownPartner, partner_of
from api.settings import Settings
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.link import Link

router = APIRouter(tags=["Links"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.LINKS_READ)]
Writer = Annotated[Caller, owns(Permission.LINKS_WRITE)]


async def share_prefix(request: Request, session: Session) -> tuple[str, str | None]:
    """Where our links live, and the slug that they carry, if any."""
    settings: Settings = request.state.settings
    if (host := await session.scalar(own_domain())) is not None:
        return f"https://{host}", None
    slug = (await session.scalars(own_slug())).one() if settings.is_multi else None
    return settings.router_url, slug


SharePrefix = Annotated[tuple[str, str | None], Depends(share_prefix)]


def show(link: Link, prefix: tuple[str, str | None]) -> LinkOut:
    """The link as the wire shows it."""
    columns = {column.key: getattr(link, column.key) for column in Link.__table__.columns}
    return LinkOut(**columns, url=service.address_of(*prefix, link.link_key))


@router.get("/partners/{id}/links", responses=problems(InvalidCursor, UnknownPartner))
async def list_links(
    id: UUID,
    _: Reader,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    prefix: SharePrefix,
) -> LinkList:
    """A partner's links, newest first."""
    await partner_of(session, id)
    rows, following = await fetch_page(session, links_of(id), Link, wanted)
    return LinkList(links=[show(link, prefix) for (link,) in rows], next_cursor=following)


@router.post(
    "/partners/{id}/links",
    status_code=201,
    dependencies=[ONCE],
    responses=problems(
        UnknownPartner,
        CampaignNotFound,
        CampaignNotActive,
        CampaignNotGranted,
        DestinationNotAllowed,
        LinkKeyTaken,
        PartnerRevoked,
    ),
)
async def create_link(
    id: UUID, wanted: LinkCreate, caller: Writer, session: Session, prefix: SharePrefix
) -> LinkOut:
    """Make a link. Partners need a grant; where an admin makes it, the grant is made with it."""
    link = await service.create(session, id, wanted, may_grant=caller.role != "partner")
    return show(link, prefix)
