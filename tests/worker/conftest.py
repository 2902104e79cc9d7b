"""A workspace of its own, whose workers are processes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2
import pytest

from api.features.notices.for_others import PartnerActivated, publish
from shared.database import Database, open_database
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.conftest import Install
from tests.support.brand import bearer
from tests.support.worker_processes import LOOPBACK, WorkerProcesses

KEY = "an-admin-key-of-a-test"


@dataclass(slots=True)
class Shop:
    """A single-tenant installation with a real API, a database, and worker processes."""

    http: httpx2.AsyncClient
    database: Database
    superuser: asyncpg.Connection
    workers: WorkerProcesses

    async def subscribe(self, url: str) -> dict[str, Any]:
        made = await self.http.post(
            "/api/webhooks", json={"url": url, "events": ["*"]}, headers=bearer(KEY)
        )
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    async def happen(self, count: int) -> None:
        """News, committed, in transactions of fifty."""
        for start in range(0, count, 50):
            async with self.database.tenant_session(DEFAULT_TENANT_ID) as session:
                news = [PartnerActivated.sample() for _ in range(min(50, count - start))]
                await publish(session, news)

    async def count(self, condition: str) -> int:
        """Deliveries of which this holds."""
        query = f"select count(*) from webhook_deliveries where {condition}"  # noqa: S608  # a test's own
        return int(await self.superuser.fetchval(query) or 0)


OpenShop = Callable[..., Awaitable[Shop]]


@pytest.fixture
async def open_shop(empty_install: Install) -> AsyncIterator[OpenShop]:
    """`shop = await open_shop([receiver.url], worker_lease_seconds=3)`."""
    async with AsyncExitStack() as stack:

        async def opened(urls: list[str], **changes: object) -> Shop:
            ports = tuple(int(url.split(":")[2].partition("/")[0]) for url in urls)
            http, scratch, settings = await empty_install(
                admin_api_key=KEY,
                openpartner_outbound_allow_private_cidrs=(LOOPBACK,),
                openpartner_outbound_allowed_ports=ports,
                openpartner_enable_scheduler=False,
                **changes,
            )
            database = open_database(scratch.urls.app)
            stack.push_async_callback(database.close)
            superuser = await scratch.connect()
            stack.push_async_callback(superuser.close)
            workers = WorkerProcesses(settings)
            stack.callback(workers.end)
            return Shop(http, database, superuser, workers)

        yield opened
