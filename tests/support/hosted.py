"""Brands of a hosted installation: an evaluation, a plan, a subscription, as the database has them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import httpx2

from api.features.billing.catalogue import set_up
from api.main import create_app
from api.outside.stripe import Stripe
from api.outside.world import World
from api.settings import Settings
from shared.ids import new_id
from tests.support.brand import Brand, found_brand
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox, Received
from tests.support.serving import served
from tests.support.stripe_double import StripeDouble, doubled
from tests.support.stripe_double.call import Json
from tests.support.stripe_double.checkout import pay
from tests.support.stripe_double.double import SECRET_KEY
from tests.support.working import Worker

OPERATORS = "operators@platform.example"
PORTAL = "http://localhost:4601/billing"
numbers = count(1000)
RATES = {"EUR": Decimal("1.10"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.25")}


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


@dataclass(slots=True)
class Platform:
    """A hosted installation with prices in its Stripe, and a worker that does what is due."""

    http: httpx2.AsyncClient
    scratch: Scratch
    settings: Settings
    stripe: StripeDouble
    worker: Worker

    async def brand(self) -> Brand:
        """One that evaluates."""
        return await evaluating(self.http, self.scratch)

    async def checkout(self, brand: Brand, plan: str = "flex") -> str:
        """Stripe's page for a plan that was just chosen."""
        await brand.made("/billing/plan", {"plan": plan})
        return await self.page(brand)

    async def page(self, brand: Brand, **changes: Any) -> str:
        wanted = {"successUrl": f"{PORTAL}?paid=1", "cancelUrl": PORTAL, **changes}
        url: str = (await brand.made("/billing/checkout", wanted))["url"]
        return url

    async def subscriber(self, plan: str = "flex") -> tuple[Brand, Json]:
        """A brand that has just paid on Stripe's page, and its subscription there."""
        brand = await self.brand()
        subscription = pay(self.stripe, await self.checkout(brand, plan))
        await self.look(brand, subscription)
        return brand, subscription

    async def look(self, brand: Brand, subscription: Json) -> None:
        """What an event about it leads to."""
        await brand.execute(
            "insert into jobs (tenant_id, id, name, arguments)"
            " values ($1, $2, 'billing.look_at_subscription',"
            " jsonb_build_object('stripe_subscription_id', $3::text))",
            brand.tenant_id, new_id(), subscription["id"],
        )  # fmt: skip
        await self.worker.drain()

    def told(self, brand: Brand) -> list[Received]:
        """What the operators were told of this brand, oldest first."""
        assert self.settings.mail_console_file is not None
        letters = Mailbox(self.settings.mail_console_file).letters(OPERATORS)
        return [letter for letter in letters if brand.slug in letter.subject]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What `openpartner setup-stripe` made in one Stripe, for others to begin with."""

    objects: dict[str, dict[str, Json]]
    variables: dict[str, str]

    @classmethod
    async def made(cls) -> "Catalogue":
        async with doubled() as double:
            variables = await set_up(Stripe(SECRET_KEY, double.url))
            assert double.violations == []
            return cls(double.store.objects, variables)

    def put_into(self, double: StripeDouble) -> None:
        """Brands of earlier tests are still there, so no two Stripes may use the same id."""
        double.store.objects.update(deepcopy(self.objects))
        double.store.numbers = numbers

    def settings(self) -> dict[str, Any]:
        """Those that an installation reads; the Network's are its own."""
        named = {name.lower(): price for name, price in self.variables.items()}
        known = {name: price for name, price in named.items() if name in Settings.model_fields}
        return {"platform_ops_email": OPERATORS, "billing_usd_rates": RATES, **known}


@asynccontextmanager
async def platform(
    settings: Settings, world: World, contract: Contract, scratch: Scratch, catalogue: Catalogue
) -> AsyncIterator[Callable[[StripeDouble], Platform]]:
    """On the database that tests share; asked for with the Stripe of a test's own."""
    hosting = {"openpartner_mode": "flat", **catalogue.settings()}
    changed = settings.model_copy(update=hosting)
    async with (
        hosted(settings, world, contract, **hosting) as http,
        Worker.at(changed, world) as worker,
    ):

        def with_stripe(double: StripeDouble) -> Platform:
            catalogue.put_into(double)
            return Platform(http, scratch, changed, double, worker)

        yield with_stripe
