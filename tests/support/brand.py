"""A brand of its own for each test: a tenant, its admin's key, and the steps that people take."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import httpx2

from shared.ids import new_id
from shared.tokens import new_token
from tests.support.databases import Scratch

numbers = count(1)
Json = dict[str, Any]


@dataclass(slots=True)
class Brand:
    """Calls are made as the brand's admin unless `headers` say otherwise."""

    http: httpx2.AsyncClient
    scratch: Scratch
    tenant_id: UUID
    slug: str
    key: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = bearer(self.key)

    async def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        options.setdefault("headers", self.headers)
        return await self.http.request(method, f"/api{path}", **options)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx2.Response:
        return await self.request("POST", path, json=json, **options)

    async def made(self, path: str, json: Any = None, **options: Any) -> Json:
        """A POST that has to succeed; its answer."""
        response = await self.post(path, json, **options)
        assert response.status_code in {200, 201}, response.text
        body: Json = response.json()
        return body

    async def campaign(self, **changes: Any) -> Json:
        """A 20 % recurring campaign."""
        wanted = {
            "name": f"Campaign {next(numbers)}",
            "commissionRule": {"type": "percent", "value": 20, "recurring": True},
            "destinationUrl": "https://shop.example/welcome",
        }
        return await self.made("/campaigns", {**wanted, **changes})

    async def partner(self, **changes: Any) -> Json:
        """A partner who is active at once, since no invitation has to be followed."""
        wanted = {
            "email": f"partner{next(numbers)}@example.com",
            "name": "Pat Partner",
            "sendInvite": False,
        }
        return await self.made("/partners", {**wanted, **changes})

    async def link(self, partner: Json, campaign: Json, **changes: Any) -> Json:
        """A link of this partner to this campaign."""
        wanted = {"linkKey": f"key-{next(numbers)}", "campaignId": campaign["id"]}
        return await self.made(f"/partners/{partner['id']}/links", {**wanted, **changes})

    async def partner_headers(self, partner: Json) -> dict[str, str]:
        """A partner's own API key, written straight into the database."""
        token = new_token("op_")
        await self.execute(
            "insert into api_keys (tenant_id, id, prefix, digest, partner_id)"
            " values ($1, $2, $3, $4, $5)",
            self.tenant_id, new_id(), token.prefix, token.digest, UUID(partner["id"]),
        )  # fmt: skip
        return bearer(token.plaintext)

    async def scoped_headers(self, *scopes: str) -> dict[str, str]:
        """A key with exactly these scopes."""
        token = new_token("op_")
        await self.execute(
            "insert into api_keys (tenant_id, id, prefix, digest, scopes)"
            " values ($1, $2, $3, $4, $5)",
            self.tenant_id, new_id(), token.prefix, token.digest, list(scopes),
        )  # fmt: skip
        return bearer(token.plaintext)

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """What is really stored, seen by the superuser."""
        connection = await self.scratch.connect()
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    async def rows(self, table: str) -> list[Any]:
        """Everything of this brand in one table."""
        query = f"select * from {table} where tenant_id = $1"  # noqa: S608  # a name of our own
        return await self.fetch(query, self.tenant_id)

    async def execute(self, query: str, *arguments: Any) -> None:
        """Arrange what no route can, such as the passing of days."""
        connection = await self.scratch.connect()
        try:
            await connection.execute(query, *arguments)
        finally:
            await connection.close()


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


async def found_brand(http: httpx2.AsyncClient, scratch: Scratch) -> Brand:
    """A new tenant with an admin key."""
    tenant_id, token = new_id(), new_token("op_")
    slug = f"brand-{next(numbers)}-{tenant_id.hex[-6:]}"
    connection = await scratch.connect()
    try:
        await connection.execute(
            "insert into tenants (id, slug, display_name) values ($1, $2, $3)",
            tenant_id, slug, slug.title(),
        )  # fmt: skip
        await connection.execute(
            "insert into api_keys (tenant_id, id, prefix, digest) values ($1, $2, $3, $4)",
            tenant_id, new_id(), token.prefix, token.digest,
        )  # fmt: skip
    finally:
        await connection.close()
    return Brand(http, scratch, tenant_id, slug, token.plaintext)
