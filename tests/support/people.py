"""People at their browsers: they ask for a link, find it in their mail, and sign in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import httpx2

from shared.ids import new_id
from tests.support.brand import Brand
from tests.support.contract import Contract
from tests.support.mailbox import Mailbox
from tests.support.working import Worker

numbers = count(1)


@asynccontextmanager
async def browser(
    http: httpx2.AsyncClient, contract: Contract
) -> AsyncIterator[httpx2.AsyncClient]:
    """A cookie jar of its own at the same API."""
    async with httpx2.AsyncClient(
        base_url=http.base_url, timeout=30, event_hooks={"response": [contract.check]}
    ) as client:
        yield client


@dataclass(slots=True)
class Person:
    """Somebody of a brand, before a browser of their own."""

    id: UUID
    email: str
    brand: Brand
    worker: Worker
    mailbox: Mailbox
    client: httpx2.AsyncClient

    @property
    def api(self) -> str:
        return f"/api/t/{self.brand.slug}"

    async def ask(self) -> httpx2.Response:
        return await self.client.post(f"{self.api}/auth/signin", json={"email": self.email})

    async def link(self) -> str:
        """Asks for a link; the token that is mailed."""
        assert (await self.ask()).status_code == 200
        await self.worker.drain()
        return self.mailbox.newest(self.email).token

    async def verify(self, token: str, **options: Any) -> httpx2.Response:
        path = f"{self.api}/auth/magic/verify"
        return await self.client.post(path, json={"token": token}, **options)

    async def sign_in(self) -> dict[str, Any]:
        answer = await self.verify(await self.link())
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def whoami(self, **options: Any) -> httpx2.Response:
        return await self.client.get(f"{self.api}/auth/whoami", **options)


async def add_admin(
    brand: Brand, *, active: bool = True, revoked: bool = False
) -> tuple[UUID, str]:
    """An admin, written straight into the database."""
    admin, email = new_id(), f"admin{next(numbers)}@example.com"
    await brand.execute(
        "insert into admins (tenant_id, id, email, name, activated_at, revoked_at)"
        " values ($1, $2, $3, 'Ada Admin', case when $4 then now() end, case when $5 then now() end)",
        brand.tenant_id, admin, email, active, revoked,
    )  # fmt: skip
    return admin, email


async def add_partner(
    brand: Brand, *, active: bool = True, revoked: bool = False
) -> tuple[UUID, str]:
    """A partner, written straight into the database."""
    partner, email = new_id(), f"partner-in{next(numbers)}@example.com"
    await brand.execute(
        "insert into partners (tenant_id, id, email, name, activated_at, revoked_at)"
        " values ($1, $2, $3, 'Pat Partner', case when $4 then now() end, case when $5 then now() end)",
        brand.tenant_id, partner, email, active, revoked,
    )  # fmt: skip
    return partner, email
