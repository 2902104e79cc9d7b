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


@pytest.fixture(scope="session")
async def second_server() -> AsyncIterator[Databases]:
    """Apart from the one that all tests share, because it will be killed."""
    with TemporaryDirectory(prefix="op-") as folder:
        databases = Databases(Path(folder))
        try:
            yield databases
        finally:
            databases.server.destroy()


@pytest.fixture
async def breakable(second_server: Databases) -> Databases:
    """A server to be killed; it runs when a test begins."""
    if not second_server.server.is_running():
        second_server.server.start()
    return second_server
