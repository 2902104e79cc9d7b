"""People with mailboxes and browsers, for the tests in which somebody signs in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from api.outside.world import World
from api.settings import Settings
from tests.support.brand import Brand
from tests.support.contract import Contract
from tests.support.databases import Databases, Scratch
from tests.support.hosted import Catalogue, Platform, platform
from tests.support.mailbox import Mailbox
from tests.support.people import Person, add_admin, add_partner, browser
from tests.support.storefront import Storefront, storefront
from tests.support.stripe_double import StripeDouble, doubled
from tests.support.working import Worker

People = Callable[..., Awaitable[Person]]


@pytest.fixture
def mailbox(settings: Settings) -> Mailbox:
    assert settings.mail_console_file
    return Mailbox(settings.mail_console_file)


@pytest.fixture
async def people(
    brand: Brand, worker: Worker, mailbox: Mailbox, contract: Contract
) -> AsyncIterator[People]:
    """`await people("admin")` or `people("partner", active=False)`, each with a browser of their own."""
    async with AsyncExitStack() as stack:

        async def person(kind: str, *, of: Brand = brand, **state: bool) -> Person:
            client = await stack.enter_async_context(browser(of.http, contract))
            add = add_admin if kind == "admin" else add_partner
            found, email = await add(of, **state)
            return Person(found, email, of, worker, mailbox, client)

        yield person


@pytest.fixture(scope="session")
async def store(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, contract: Contract
) -> AsyncIterator[Storefront]:
    """One for all tests that sell by way of Stripe, each with customers of its own."""
    async with doubled() as double:
        folder = tmp_path_factory.mktemp("store")
        async with storefront(databases, folder, contract, double) as store:
            yield store
        assert double.violations == []


@pytest.fixture
def double(store: Storefront) -> StripeDouble:
    """The store's Stripe, with nothing left over from the test before."""
    store.news()
    store.double.faults.faults.clear()
    return store.double


@pytest.fixture(scope="session")
async def catalogue() -> Catalogue:
    return await Catalogue.made()


@pytest.fixture(scope="session")
async def installation(
    settings: Settings, world: World, contract: Contract, scratch: Scratch, catalogue: Catalogue
) -> AsyncIterator[Callable[[StripeDouble], Platform]]:
    async with platform(settings, world, contract, scratch, catalogue) as made:
        yield made


@pytest.fixture
def hosting(
    installation: Callable[[StripeDouble], Platform], stripe_double: StripeDouble
) -> Platform:
    """A hosted installation; its Stripe knows the prices and nobody yet."""
    return installation(stripe_double)
