"""create_app(): the one place where the router's pieces meet."""

import asyncio
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from router import pages
from router.clicks import Clicks
from router.domains import Domains, host_only
from router.drain import Drain
from router.journal import Journal
from router.links import Links
from router.metrics import MetricsPage, RouterFigures
from router.ranges import read_ranges
from router.redirect import BODY_MAX, Redirect
from router.settings import Settings
from router.shared_figures import SharedFigures, folder_of
from router.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Router:
    """The running parts; `app` answers HTTP."""

    links: Links
    clicks: Clicks
    drain: Drain
    redirect: Redirect
    app: ASGIApp
    shared: SharedFigures | None

    def start(self) -> asyncio.Task[None]:
        """The task that is returned never ends unless this process must not go on."""
        self.clicks.start()
        self.drain.start()
        if self.shared is not None:
            self.shared.start()
        return self.links.start()

    async def close(self) -> None:
        """Clicks first: they were promised."""
        await self.clicks.close()
        await self.drain.close()
        await self.links.close()
        if self.shared is not None:
            await self.shared.close()


class LinksFirst:
    """Sends /r/… straight to the redirect, and the rest through Starlette.

    What comes to a brand's own domain is a link of that brand's, with or without /r/.
    """

    def __init__(self, redirect: Redirect, domains: Domains, others: ASGIApp) -> None:
        self.redirect = redirect
        self._domains = domains
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (ours := self._domains.translated(scope)) is not None:
            await self.redirect(ours, receive, host_only(send))
        elif scope["type"] == "http" and scope["path"].startswith("/r/"):
            await self.redirect(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def create_router(settings: Settings, parent: int | None = None) -> Router:
    """Everything put together, nothing started. `parent` is the process whose worker this is."""
    domains = Domains(settings.journal_dir)
    links = Links(settings.database_url, Snapshot(settings.journal_dir), domains)
    journal = Journal(settings.journal_dir, settings.journal_bytes)
    clicks = Clicks(settings.database_url, journal, settings.slow_seconds)
    drain = Drain(settings.database_url, journal)
    redirect = Redirect(settings, links, clicks, read_ranges(settings.datacenter_ranges))
    own = RouterFigures(links, clicks, drain, journal, redirect)
    shared = SharedFigures(own, folder_of(settings.journal_dir, parent)) if parent else None
    figures = MetricsPage(shared or own, settings.metrics_token)

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"ok": True, "service": "router"})

    async def ready(_: Request) -> JSONResponse:
        """Ready once links are known; it stays so while the database is away, for they still are."""
        is_ready = links.loaded.is_set()
        return JSONResponse(
            {"ok": is_ready, "listening": links.connected}, 200 if is_ready else 503
        )

    others = Starlette(
        routes=[
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", figures.__call__),
        ],
        exception_handlers={HTTPException: refuse, Exception: fail},
        max_body_size=BODY_MAX,
    )
    return Router(
        links, clicks, drain, redirect, LinksFirst(redirect, links.domains, others), shared
    )


async def refuse(_: Request, error: Exception) -> Response:
    """Starlette's own refusals, in the router's words."""
    known = {404: pages.NOT_FOUND, 405: pages.NOT_ALLOWED, 413: pages.TOO_LARGE}
    status = error.status_code if isinstance(error, HTTPException) else 500
    return known.get(status, pages.BROKEN)


async def fail(_: Request, __: Exception) -> Response:
    """Never a stack trace for a stranger."""
    return pages.BROKEN
