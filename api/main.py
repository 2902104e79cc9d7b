"""Puts the API together: the only place where all the pieces meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Lifespan

from api.access.cookies import CrossSite
from api.access.idempotency import KeyReused, Replay, StillRunning, render_replay
from api.access.needs import ScopeMissing
from api.outside.dns import Resolver
from api.outside.http import OutboundClient
from api.outside.mail import Mailer
from api.outside.stripe import Stripe
from api.outside.world import World
from api.routes import api, outgoing, root
from api.settings import Settings
from api.web import problems
from api.web.address import TenantAddress
from api.web.body_limit import BodyLimit
from api.web.cors import Cors
from api.web.envelope import Envelope
from api.web.openapi import describe
from api.web.rate_limits import RateLimits, Throttle
from api.web.tenancy import KeyDirectory
from api.web.tenant_directory import TenantDirectory
from shared.database import Database, open_database
from shared.proxies import TrustedProxies

MAX_BODY = 1024 * 1024
VERSION = "0.1.0"


class State(TypedDict):
    """What every request finds in `request.state`."""

    settings: Settings
    database: Database
    keys: KeyDirectory
    tenants: TenantDirectory
    mailer: Mailer
    outbound: OutboundClient
    stripe: Stripe
    resolver: Resolver
    limits: RateLimits
    proxies: TrustedProxies


def create_app(settings: Settings | None = None, world: World | None = None) -> FastAPI:
    """The ASGI app; settings come from the environment, and the world from them, unless given."""
    settings = settings or Settings()
    app = FastAPI(
        title="OpenPartner",
        version=VERSION,
        lifespan=lifespan_of(settings, world or World.of(settings)),
        generate_unique_id_function=lambda route: route.name,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        # Outermost first.
        middleware=[
            Middleware(Envelope, https=settings.is_https),
            Middleware(Cors, origins=settings.origins),
            Middleware(BodyLimit, most=MAX_BODY),
            Middleware(Throttle),
            Middleware(TenantAddress),
        ],
    )
    problems.install(app)
    app.add_exception_handler(Replay, render_replay)
    app.include_router(root)
    app.include_router(api)
    app.webhooks.include_router(outgoing)
    describe(app, guards=(ScopeMissing, CrossSite), once=(KeyReused, StillRunning))
    return app


def lifespan_of(settings: Settings, world: World) -> Lifespan[FastAPI]:
    """What lives as long as the process, and is closed with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        database = open_database(
            settings.database_url_app.get_secret_value(),
            pool=settings.database_pool,
            application="openpartner-api",
        )
        limits = RateLimits.of(settings)
        yield {
            "settings": settings,
            "database": database,
            "keys": KeyDirectory(database),
            "tenants": TenantDirectory(database),
            "mailer": world.mailer,
            "outbound": world.outbound,
            "stripe": world.stripe,
            "resolver": world.resolver,
            "limits": limits,
            "proxies": TrustedProxies(settings.trusted_proxies),
        }
        await limits.close()
        await database.close()

    return lifespan
