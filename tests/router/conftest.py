"""One router for the tests that don't need settings of their own, and a shop for each test."""

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.router.running import Running, running
from tests.router.shop import Shop, open_shop
from tests.support.databases import Databases, Scratch


@pytest.fixture(scope="session")
async def router(scratch: Scratch) -> AsyncIterator[Running]:
    async with running(scratch.urls.router) as router:
        yield router


@pytest.fixture
async def shop(scratch: Scratch) -> Shop:
    return await open_shop(scratch)


@pytest.fixture
async def breakable() -> AsyncIterator[Databases]:
    """A server of a test's own, to be killed."""
    with TemporaryDirectory(prefix="op-") as folder:
        databases = Databases(Path(folder))
        databases.server.start()
        try:
            yield databases
        finally:
            databases.server.destroy()
