"""A brand as the router sees it: a tenant with a campaign, a partner and links, written by SQL."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from shared.ids import new_id
from tests.support.databases import Scratch

numbers = count(1)
DESTINATION = "https://shop.example/welcome"


@dataclass(frozen=True, slots=True)
class Shop:
    """Every statement runs as the superuser, in a transaction of its own, as the API's would."""

    scratch: Scratch
    tenant: UUID
    slug: str
    campaign: UUID
    partner: UUID

    async def link(self, destination: str | None = None, **changes: UUID) -> str:
        """The path of a new link."""
        key = f"link-{next(numbers)}"
        await self.execute(
            "insert into links (tenant_id, id, link_key, partner_id, campaign_id, destination_url)"
            " values ($1, $2, $3, $4, $5, $6)",
            self.tenant, changes.get("id", new_id()), key,
            changes.get("partner", self.partner), changes.get("campaign", self.campaign),
            destination,
        )  # fmt: skip
        return f"/r/{self.slug}/{key}"

    async def clicks(self) -> list[Any]:
        """What was stored, oldest first."""
        return await self.fetch(
            "select * from clicks where tenant_id = $1 order by ts, id", self.tenant
        )

    async def flags(self) -> list[str | None]:
        return [click["flag"] for click in await self.clicks()]

    async def revoke(self) -> None:
        await self.execute(
            "update partners set revoked_at = now() where tenant_id = $1", self.tenant
        )

    async def redirect_to(self, destination: str, *domains: str) -> None:
        """Edit the campaign."""
        await self.execute(
            "update campaigns set destination_url = $2, deep_link_allowed_domains = $3"
            " where tenant_id = $1",
            self.tenant, destination, list(domains),
        )  # fmt: skip

    async def execute(self, query: str, *arguments: Any) -> None:
        connection = await self.scratch.connect()
        try:
            await connection.execute(query, *arguments)
        finally:
            await connection.close()

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        connection = await self.scratch.connect()
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()


async def open_shop(
    scratch: Scratch, *domains: str, destination: str = DESTINATION, slug: str | None = None
) -> Shop:
    """One campaign and one partner, in a new tenant or in the one of that slug."""
    slug = slug or f"shop-{next(numbers)}"
    terms = new_id()
    connection = await scratch.connect()
    try:
        async with connection.transaction():
            tenant = await connection.fetchval(
                "insert into tenants (id, slug, display_name) values ($1, $2, 'Shop')"
                " on conflict (slug) do update set slug = excluded.slug returning id",
                new_id(), slug,
            )  # fmt: skip
            shop = Shop(scratch, tenant, slug, new_id(), new_id())
            await connection.execute(
                "insert into campaigns (tenant_id, id, name, terms_id, destination_url,"
                " deep_link_allowed_domains) values ($1, $2, 'Campaign', $3, $4, $5)",
                shop.tenant, shop.campaign, terms, destination, list(domains),
            )  # fmt: skip
            await connection.execute(
                "insert into terms (tenant_id, id, campaign_id, kind, percent)"
                " values ($1, $2, $3, 'percent', 20)",
                shop.tenant, terms, shop.campaign,
            )  # fmt: skip
            await connection.execute(
                "insert into partners (tenant_id, id, email, name) values ($1, $2, $3, 'Pat')",
                shop.tenant, shop.partner, f"{shop.slug}@example.com",
            )  # fmt: skip
    finally:
        await connection.close()
    return shop


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds; a test that hangs here fails after ten seconds."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110  # nothing in another process sets an Event
            await asyncio.sleep(0.02)
