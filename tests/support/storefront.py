"""A merchant with a Stripe account of their own, and an OpenPartner that hears from it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2

from api.main import create_app
from api.outside.world import World
from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG
from shared.tokens import new_token
from tests.conftest import settings_for
from tests.support.brand import Brand, Json
from tests.support.contract import Contract
from tests.support.conversions import click, days_ago, promotion
from tests.support.databases import Databases
from tests.support.serving import served
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.double import SECRET_KEY
from tests.support.working import Worker


@dataclass(slots=True)
class Storefront:
    """`await store.hear()` delivers what has happened at Stripe since, and has it understood."""

    brand: Brand
    worker: Worker
    double: StripeDouble
    world: World
    told: int = 0

    def news(self) -> list[Json]:
        """What has happened at Stripe since this was asked last."""
        happened = self.double.webhooks.happened[self.told :]
        self.told = len(self.double.webhooks.happened)
        return happened

    async def hear(
        self, *events: Json, shuffle: Random | None = None, most: int = 1
    ) -> list[httpx2.Response]:
        """These, or all that is new; each at least once, in this order or in any."""
        wanted: Sequence[Json] = events or self.news()
        answers = await self.double.webhooks.flood(
            self.brand.http, wanted, shuffle=shuffle, most=most
        )
        assert {answer.status_code for answer in answers} <= {200}
        await self.worker.drain()
        return answers

    async def cref(self, **campaign: Any) -> str:
        """Yesterday's click on a partner's link, 20 % unless the campaign says otherwise.

        Not of this very second: Stripe's clock knows whole seconds only.
        """
        link = await promotion(self.brand, **campaign)
        return await click(self.brand, link, at=days_ago(1))

    async def events(self, user: str | None = None) -> list[Any]:
        """Events of customers, oldest first."""
        found = await self.brand.fetch(
            "select * from events where tenant_id = $1 order by created_at, id",
            self.brand.tenant_id,
        )
        return [row for row in found if user in {None, row["user_id"]}]

    async def inbox(self, event: Json) -> Any:
        """What was made of one of Stripe's events."""
        [row] = await self.brand.fetch(
            "select * from stripe_events where tenant_id = $1 and stripe_id = $2",
            self.brand.tenant_id, event["id"],
        )  # fmt: skip
        return row

    async def outcomes(self, *kinds: str) -> list[str]:
        """`type: outcome` of all that arrived, in the order of arrival."""
        rows = await self.brand.fetch(
            "select type, coalesce(outcome, status) as outcome from stripe_events"
            " where tenant_id = $1 order by id",
            self.brand.tenant_id,
        )
        return [
            f"{row['type']}: {row['outcome']}" for row in rows if not kinds or row["type"] in kinds
        ]

    async def earned(self, user: str) -> list[tuple[str, int, str, str]]:
        """What partners earn from a customer: (type of event, minor units, currency, status)."""
        rows = await self.brand.fetch(
            "select e.type, c.amount_minor, c.currency, c.status from commissions c join events e"
            " on e.tenant_id = c.tenant_id and e.id = c.event_id"
            " where c.tenant_id = $1 and e.user_id = $2 order by c.id",
            self.brand.tenant_id, user,
        )  # fmt: skip
        return [tuple(row) for row in rows]

    async def owed(self) -> dict[UUID, int]:
        """What each partner's books come to, in minor units, whatever state it is in."""
        rows = await self.brand.fetch(
            "select partner_id, sum(amount_minor)::bigint as owed from ledger_postings"
            " where tenant_id = $1 and partner_id is not null"
            " and account in ('pending', 'available', 'held', 'in_transit', 'paid')"
            " group by partner_id",
            self.brand.tenant_id,
        )
        return {row["partner_id"]: row["owed"] for row in rows}


@asynccontextmanager
async def storefront(
    databases: Databases, folder: Path, contract: Contract, double: StripeDouble, **changes: object
) -> AsyncIterator[Storefront]:
    """An installation of one workspace, on a database of its own, beside this Stripe."""
    fresh = await databases.fresh()
    wanted = {
        "openpartner_tenancy": "single", "stripe_secret_key": SECRET_KEY,
        "stripe_api_base": double.url,
    }  # fmt: skip
    settings = settings_for(fresh, folder, **{**wanted, **changes})
    world = World.of(settings)
    token = new_token("op_")
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(served(create_app(settings, world)))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(
                base_url=address, timeout=30, event_hooks={"response": [contract.check]}
            )
        )
        worker = await stack.enter_async_context(Worker.at(settings, world))
        brand = Brand(http, fresh, DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG, token.plaintext)
        await brand.execute(
            "insert into api_keys (tenant_id, id, prefix, digest) values ($1, $2, $3, $4)",
            brand.tenant_id, new_id(), token.prefix, token.digest,
        )  # fmt: skip
        yield Storefront(brand, worker, double, world)
