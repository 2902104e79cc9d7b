"""People with mailboxes and browsers, for the tests in which somebody signs in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from api.settings import Settings
from tests.support.brand import Brand
from tests.support.contract import Contract
from tests.support.mailbox import Mailbox
from tests.support.people import Person, add_admin, add_partner, browser
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
