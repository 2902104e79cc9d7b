"""A look at the whole database, as the superuser sees it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from api.settings import Settings
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox


@pytest.fixture
async def superuser(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    connection = await scratch.connect()
    yield connection
    await connection.close()


@pytest.fixture
def mailbox(settings: Settings) -> Mailbox:
    assert settings.mail_console_file
    return Mailbox(settings.mail_console_file)
