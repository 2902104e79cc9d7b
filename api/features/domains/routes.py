"""The addresses of domains, of the look that goes with them, and of Caddy's question about names."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.access.caller import Caller
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.domains import service, white_label
from api.features.domains.errors import (
    DomainClaimed,
    DomainHeld,
    DomainNotFound,
    DomainNotVerified,
    DomainReserved,
    WhiteLabelNetworkConflict,
    WhiteLabelNotIncluded,
)
from api.features.domains.queries import all_domains
from api.features.domains.schemas import (
    Branding,
    DomainCreate,
    DomainKnown,
    DomainList,
    DomainOut,
    DomainRemoved,
    WhiteLabelChange,
    WhiteLabelOut,
)
from api.web.problems import problems
from api.web.tenant_directory import plain_host
from api.web.transaction import IN_USE, Session

router = APIRouter(tags=["Domains"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.DOMAINS_READ)]
Writer = Annotated[Caller, needs(Permission.DOMAINS_WRITE)]
WriterApart = Annotated[Caller, needs(Permission.DOMAINS_WRITE, apart=True)]


@router.get("/domains")
async def list_domains(_: Reader, request: Request, session: Session) -> DomainList:
    """The host names that this brand claims, and how far each is."""
    found = await session.scalars(all_domains())
    return DomainList(domains=[service.show(request.state.settings, one) for one in found])


@router.post(
    "/domains",
    status_code=201,
    dependencies=[ONCE],
    responses=problems(DomainClaimed, DomainReserved),
)
async def add_domain(
    wanted: DomainCreate, _: Writer, request: Request, session: Session
) -> DomainOut:
    """Claim a host name; put the `records` into its DNS, and then verify it."""
    settings = request.state.settings
    return service.show(settings, await service.claim(session, settings, wanted))


@router.post(
    "/domains/{id}/verify", responses=problems(DomainNotFound, DomainNotVerified, DomainHeld)
)
async def verify_domain(id: UUID, _: WriterApart, request: Request) -> DomainOut:
    """Look into the DNS now; once it says so, the name is this brand's and works at once."""
    state = request.state
    found = await service.verify(
        state.database, state.settings, state.resolver, state.tenant_id, id
    )
    state.tenants.forget_host(found.host)
    return service.show(state.settings, found)


@router.delete("/domains/{id}", responses=problems(DomainNotFound))
async def remove_domain(id: UUID, _: Writer, request: Request, session: Session) -> DomainRemoved:
    """Claim it no more; what stood there is gone within a minute."""
    request.state.tenants.forget_host(await service.remove(session, id))
    return DomainRemoved(ok=True)


@router.get("/domains/check", responses=problems(DomainNotFound))
async def check_domain(
    request: Request, domain: Annotated[str, Query(min_length=1, max_length=253)]
) -> DomainKnown:
    """Whether a name is somebody's here: a proxy asks before it fetches a certificate for it."""
    host = plain_host(domain)
    if host is None or await request.state.tenants.by_host(host) is None:
        raise DomainNotFound
    return DomainKnown(ok=True)


@router.get("/branding", dependencies=[IN_USE])
async def get_branding(request: Request, session: Session) -> Branding:
    """How this brand's portal shows, before anybody has signed in."""
    return await white_label.branding(session, request.state.settings)


@router.get("/config/white-label")
async def get_white_label(_: Reader, request: Request, session: Session) -> WhiteLabelOut:
    """Whether the brand's name stands alone."""
    return await white_label.show(session, request.state.settings)


@router.post(
    "/config/white-label",
    responses=problems(WhiteLabelNotIncluded, WhiteLabelNetworkConflict),
)
async def change_white_label(
    wanted: WhiteLabelChange, _: Writer, request: Request, session: Session
) -> WhiteLabelOut:
    """Let the brand's name stand alone, or not."""
    settings = request.state.settings
    await white_label.change(session, settings, enabled=wanted.enabled)
    return await white_label.show(session, settings)
