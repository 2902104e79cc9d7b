"""A look at the whole database, as the superuser sees it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.databases import Scratch


@pytest.fixture
async def superuser(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    connection = await scratch.connect()
    yield connection
    await connection.close()
