"""The pages' addresses, at the root of the API's host; looking at one changes nothing."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from api.access.caller import by_session
from api.access.cookies import csrf_token, session_cookie
from api.access.platform import email_behind, platform_cookie
from api.features.install.for_others import has_active_admin
from api.features.program_settings.for_others import program_name
from api.features.sign_in.for_others import who
from api.features.welcome.pages import page, render
from api.features.welcome.reference import read_reference
from api.features.workspaces.for_others import workspaces_of
from api.outside.mail import ConsoleMailer
from api.settings import Settings
from api.web.tenancy import TenantSlugMissing, tenant_of

router = APIRouter(include_in_schema=False)
LOOK = ["GET", "HEAD"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: at the root, or under a workspace's address."""

    slug: str | None
    # One per app, and no key of anything: some of its values can't be.
    settings: Settings = field(compare=False)

    @classmethod
    def of(cls, request: Request) -> "Place":
        return cls(request.scope.get("tenant_slug"), request.state.settings)

    def values(self, **more: Any) -> dict[str, Any]:
        workspace = f"/t/{self.slug}" if self.slug else ""
        elsewhere = self.settings.people_url != self.settings.api_url
        return {
            "base": workspace,
            "api": f"/api{workspace}",
            "slug": self.slug,
            "origin": self.settings.api_url,
            "router": self.settings.router_url,
            "portal": f"{self.settings.people_url}{workspace}/" if elsewhere else None,
            "csrf": None,
            **more,
        }


@router.api_route("/", methods=LOOK)
async def show_home(request: Request) -> HTMLResponse:
    """What this is, and the one thing to do next."""
    place = Place.of(request)
    mailer = request.state.mailer
    values = place.values(
        program=None,
        person=None,
        prints_mail=isinstance(mailer, ConsoleMailer),
        mail_file=getattr(mailer, "file", None),
    )
    try:
        tenant_id = await tenant_of(request)
    except TenantSlugMissing:
        return page(render("home.html", **values | await _hosted(request)))
    values |= await _next_step(request, tenant_id)
    return page(render("home.html", **values))


async def _hosted(request: Request) -> dict[str, Any]:
    """Among many brands: the programs of whoever is signed in to the platform, or the ways in."""
    cookie = platform_cookie(request, "person")
    async with request.state.database.platform_session() as session:
        email = await email_behind(session, "person", cookie) if cookie else None
        if cookie is None or email is None:
            return {"step": "hosted", "workspaces": None}
        found = await workspaces_of(session, email)
    return {"step": "hosted", "workspaces": found, "csrf": csrf_token(cookie)}


async def _next_step(request: Request, tenant_id: UUID) -> dict[str, Any]:
    cookie = session_cookie(request)
    async with request.state.database.tenant_session(tenant_id) as session:
        program = await program_name(session)
        if not request.state.settings.is_multi and not await has_active_admin(session):
            return {"step": "install", "program": None}
        caller = await by_session(session, cookie) if cookie else None
        if cookie is None or caller is None:
            return {"step": "sign_in", "program": program}
        csrf = csrf_token(cookie)
        known = await who(session, request.state.settings, caller, csrf)
    person = getattr(known, known.role)
    return {"step": known.role, "program": program, "person": person, "csrf": csrf}


@router.api_route("/auth/magic", methods=LOOK)
async def show_magic_link(request: Request) -> HTMLResponse:
    """The button that spends a link from a mail."""
    place = Place.of(request)
    try:
        await tenant_of(request)
    except TenantSlugMissing:
        return page(render("magic.html", **place.values(verify="/auth/platform-verify")))
    return page(render("magic.html", **place.values(verify="/auth/magic/verify")))


@router.api_route("/platform-admin/auth/magic", methods=LOOK)
async def show_operators_magic_link(request: Request) -> HTMLResponse:
    """The same for operators."""
    return page(render("magic.html", **Place.of(request).values(verify="/platform-admin/verify")))


@router.api_route("/admin/network/complete", methods=LOOK)
async def show_network_link(request: Request) -> HTMLResponse:
    """The button that spends a link of the creator network's, where no portal has one."""
    step = await _next_step(request, await tenant_of(request))
    return page(render("network.html", **Place.of(request).values(program=None) | step))


@router.api_route("/docs", methods=LOOK)
async def show_reference(request: Request) -> HTMLResponse:
    """A guide, and every route of the API."""
    place = Place.of(request)
    if place.slug is not None:
        # Only what exists is rendered and remembered.
        await tenant_of(request)
    return page(_reference(request.app, place))


@lru_cache(maxsize=16)
def _reference(app: FastAPI, place: Place) -> str:
    return render("reference.html", **place.values(reference=read_reference(app.openapi())))
