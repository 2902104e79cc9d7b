"""Brands of a hosted installation: an evaluation, a plan, a subscription, as the database has them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from api.main import create_app
from api.outside.world import World
from api.settings import Settings
from shared.ids import new_id
from tests.support.brand import Brand, found_brand
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.serving import served


@asynccontextmanager
async def hosted(
    settings: Settings, world: World, contract: Contract, **changes: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    """An API on the database that tests share, run by somebody who is paid for it."""
    mode = {"openpartner_mode": "flat", **changes}
    async with (
        served(create_app(settings.model_copy(update=mode), world)) as address,
        httpx2.AsyncClient(
            base_url=address, timeout=30, event_hooks={"response": [contract.check]}
        ) as http,
    ):
        yield http


async def evaluating(http: httpx2.AsyncClient, scratch: Scratch) -> Brand:
    """A brand on its first of fourteen days."""
    brand = await found_brand(http, scratch)
    await brand.execute(
        "insert into billing_accounts (tenant_id, trial_ends_at, first_trial_activated_at)"
        " values ($1, now() + interval '14 days', now())",
        brand.tenant_id,
    )
    return brand


async def evaluation_over(brand: Brand) -> None:
    """Fifteen days later."""
    await brand.execute(
        "update billing_accounts set trial_ends_at = now() - interval '1 day' where tenant_id = $1",
        brand.tenant_id,
    )


async def choose(brand: Brand, plan: str | None) -> None:
    """Whatever it says on the account."""
    await brand.execute(
        "insert into billing_accounts (tenant_id, plan) values ($1, $2)"
        " on conflict (tenant_id) do update set plan = excluded.plan",
        brand.tenant_id, plan,
    )  # fmt: skip


async def subscribe(brand: Brand, plan: str, status: str = "active", days: int = 1) -> str:
    """A subscription that began some days ago, as a mirror of what Stripe has; answers its id."""
    subscription = f"sub_{new_id().hex}"
    await choose(brand, plan)
    await brand.execute(
        "insert into billing_subscriptions (tenant_id, id, stripe_subscription_id, plan, status,"
        " started_at, synced_at) values ($1, $2, $3, $4, $5, now() - make_interval(days => $6),"
        " now())",
        brand.tenant_id, new_id(), subscription, plan, status, days,
    )  # fmt: skip
    await brand.execute(
        "update billing_accounts set stripe_customer_id = coalesce(stripe_customer_id, $2)"
        " where tenant_id = $1",
        brand.tenant_id, f"cus_{brand.tenant_id.hex}",
    )  # fmt: skip
    return subscription
