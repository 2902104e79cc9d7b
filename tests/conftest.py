"""A real PostgreSQL, migrated once; a real API on a socket; a brand of its own for each test."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest
import structlog
from fastapi import FastAPI

from api.main import create_app
from api.outside.destinations import Policy
from api.outside.stripe import TOTAL_SECONDS
from api.outside.world import World
from api.settings import Settings
from tests.support.brand import Brand, found_brand
from tests.support.contract import Contract
from tests.support.databases import Databases, Scratch
from tests.support.isolation.report import REPORT
from tests.support.serving import served
from tests.support.stripe_double import StripeDouble, doubled
from tests.support.stripe_double.double import SECRET_KEY as STRIPE_KEY
from tests.support.stripe_double.webhooks import SECRET as WEBHOOK_SECRET
from tests.support.working import Worker
from tests.support.zone import Zone

structlog.configure(
    # Plain tracebacks: pretty ones, with every local variable in them, take a minute each.
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)

SECRETS_KEY = "11" * 32
BEGAN = time.time()


def settings_for(scratch: Scratch, folder: Path, **changes: object) -> Settings:
    """What `make up` would set, for a database of a test's own."""
    values: dict[str, object] = {
        "openpartner_env": "development",
        "openpartner_tenancy": "multi",
        "database_url_app": scratch.urls.app,
        "secrets_encryption_key": SECRETS_KEY,
        "mail_console_file": folder / f"mail-{scratch.superuser[-30:].partition('?')[0][-14:]}.txt",
        "log_level": "WARNING",
        "openpartner_rate_limits": False,
        "stripe_webhook_secret": WEBHOOK_SECRET,
    }
    return Settings.model_validate({**values, **changes})


@pytest.fixture(scope="session")
async def databases() -> AsyncIterator[Databases]:
    """The server; its folder is short, since a socket's path may be."""
    with TemporaryDirectory(prefix="op-") as folder:
        databases = Databases(Path(folder))
        databases.server.start()
        try:
            yield databases
        finally:
            databases.server.destroy()


@pytest.fixture(scope="session")
async def scratch(databases: Databases) -> Scratch:
    """The database that most tests share, each in a tenant of its own."""
    return await databases.fresh()


@pytest.fixture(scope="session")
def settings(scratch: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(scratch, tmp_path_factory.mktemp("mail"))


@pytest.fixture(scope="session")
def world(settings: Settings) -> World:
    """The real services outside, except that loopback may be called: receivers of tests live there."""
    world = World.of(settings)
    world.resolver = Zone()
    world.outbound.policy = Policy(frozenset(range(1, 65536)), (ip_network("127.0.0.0/8"),))
    return world


@pytest.fixture(scope="session")
def app(settings: Settings, world: World) -> FastAPI:
    return create_app(settings, world)


@pytest.fixture(scope="session")
def contract(app: FastAPI) -> Contract:
    return Contract(app.openapi())


@pytest.fixture(scope="session")
async def http(app: FastAPI, contract: Contract) -> AsyncIterator[httpx2.AsyncClient]:
    """The API as strangers reach it; answers that the contract doesn't name fail the test."""
    async with (
        served(app) as address,
        httpx2.AsyncClient(
            base_url=address, timeout=30, event_hooks={"response": [contract.check]}
        ) as client,
    ):
        yield client


@pytest.fixture
async def brand(http: httpx2.AsyncClient, scratch: Scratch) -> Brand:
    return await found_brand(http, scratch)


@pytest.fixture
async def other_brand(http: httpx2.AsyncClient, scratch: Scratch) -> Brand:
    """A second tenant on the same server."""
    return await found_brand(http, scratch)


@pytest.fixture(scope="session")
async def worker(settings: Settings, world: World) -> AsyncIterator[Worker]:
    """Does the jobs that are due, when a test says so."""
    async with Worker.at(settings, world) as worker:
        yield worker


@pytest.fixture
async def stripe_double(world: World) -> AsyncIterator[StripeDouble]:
    """A fresh Stripe that API and worker call; what the real one would not understand fails the test."""
    stripe = world.stripe
    async with doubled() as double:
        stripe.secret_key, stripe.base = STRIPE_KEY, double.url
        yield double
    stripe.secret_key, stripe.base, stripe.seconds = None, None, TOTAL_SECONDS
    assert double.violations == []


Install = Callable[..., Awaitable[tuple[httpx2.AsyncClient, Scratch, Settings]]]


@pytest.fixture
async def empty_install(
    databases: Databases, tmp_path: Path, contract: Contract
) -> AsyncIterator[Install]:
    """`http, scratch, settings = await empty_install(**settings)`: a single-tenant installation."""
    async with AsyncExitStack() as stack:

        async def install(**changes: object) -> tuple[httpx2.AsyncClient, Scratch, Settings]:
            fresh = await databases.fresh()
            settings = settings_for(fresh, tmp_path, openpartner_tenancy="single", **changes)
            address = await stack.enter_async_context(served(create_app(settings)))
            client = httpx2.AsyncClient(
                base_url=address, timeout=30, event_hooks={"response": [contract.check]}
            )
            return await stack.enter_async_context(client), fresh, settings

        yield install


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What can be promised of the walls between brands, if this run has tried them."""
    if REPORT.exists() and REPORT.stat().st_mtime >= BEGAN:
        terminalreporter.write_line(REPORT.read_text().splitlines()[2] + f" ({REPORT.name})")
